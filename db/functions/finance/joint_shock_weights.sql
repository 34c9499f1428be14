-- finance.joint_shock_weights(shocks, changes): how shocks of several factors act together, without counting twice what they share.
--   shocks   one per factor
--   changes  what the factors did, session by session, one value per factor and session (row by row in one array)
--   With S the sample covariance of the changes, the joint betas of a security on the factors are inv(S) c, c its covariances with
--   them, and c(t) = beta(t) * S(t,t) by its plain betas. So the impact of factor s is sum over t of beta(t) * w(s,t) with
--       w(s,t) = shock(s) * inv(S)(s,t) * S(t,t),
--   which is what the function gives, s by s in one array. The sum of w over s is the effective shock of t: the expected return of the
--   security, given the shocks, is the sum over t of beta(t) * effective_shock(t).
--   Null with fewer than 20 sessions, a null among the changes, or factors of which one follows from the others (to 1e-10).
create or replace function finance.joint_shock_weights(p_shocks double precision[], p_changes double precision[])
returns double precision[]
language plpgsql immutable parallel safe strict
set search_path = pg_catalog
as $$
declare
    k constant integer := cardinality(p_shocks);
    n constant integer := cardinality(p_changes) / nullif(k, 0);
    mean double precision[];
    deviation double precision[];
    total double precision;
    -- correlations, then their lower Cholesky factor; the inverse of that; and the inverse of the correlations
    l double precision[];
    m double precision[];
    inverse double precision;
    weights double precision[];
begin
    if coalesce(n, 0) < 20 or n * k <> cardinality(p_changes) or array_position(p_changes, null) is not null then
        return null;
    end if;
    for a in 1..k loop
        total := 0;
        for i in 0..n - 1 loop
            total := total + p_changes[i * k + a];
        end loop;
        mean[a] := total / n;
        total := 0;
        for i in 0..n - 1 loop
            total := total + (p_changes[i * k + a] - mean[a]) ^ 2;
        end loop;
        deviation[a] := sqrt(total / (n - 1));
        if deviation[a] < 1e-12 then
            return null;
        end if;
    end loop;
    l := array_fill(0::double precision, array[k, k]);
    m := l;
    for a in 1..k loop
        for b in 1..a loop
            total := 0;
            if a = b then
                total := 1;
            else
                for i in 0..n - 1 loop
                    total := total + (p_changes[i * k + a] - mean[a]) * (p_changes[i * k + b] - mean[b]);
                end loop;
                total := total / (n - 1) / deviation[a] / deviation[b];
            end if;
            for c in 1..b - 1 loop
                total := total - l[a][c] * l[b][c];
            end loop;
            if a <> b then
                l[a][b] := total / l[b][b];
            elsif total > 1e-10 then
                l[a][a] := sqrt(total);
            else
                return null;
            end if;
        end loop;
    end loop;
    for a in 1..k loop
        m[a][a] := 1 / l[a][a];
        for b in 1..a - 1 loop
            total := 0;
            for c in b..a - 1 loop
                total := total - l[a][c] * m[c][b];
            end loop;
            m[a][b] := total / l[a][a];
        end loop;
    end loop;
    for a in 1..k loop
        for b in 1..k loop
            inverse := 0;
            for c in greatest(a, b)..k loop
                inverse := inverse + m[c][a] * m[c][b];
            end loop;
            weights[(a - 1) * k + b] := p_shocks[a] * inverse * (deviation[b] / deviation[a]);
        end loop;
    end loop;
    return weights;
end
$$;
