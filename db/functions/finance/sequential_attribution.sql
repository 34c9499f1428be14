-- finance.sequential_attribution(covariances, returns): what each factor earned in a session per dollar of exposure to each factor
--   covariances: k x k, symmetric, of the factors in their order; returns: k, those of the session.
--   The answer: k x k by rows, A. With exposures b (in dollars, one factor at a time: cov(h, f) / var(f)), factor i earned
--   the sum over j of A[i][j] b[j]. Each factor counts only for what the factors before it leave unexplained, so nothing is counted
--   twice and the sum over factors is what a regression on all of them together explains.
-- With F = L D L': residual returns g = inverse(L) f, exposures to them inverse(D) inverse(L) c where c[j] = F[j][j] b[j].
-- A factor that those before it explain to 1e-10 earns nothing. Null where a covariance or a return is.
create or replace function finance.sequential_attribution(covariances double precision[], returns double precision[])
returns double precision[]
language plpgsql immutable strict parallel safe
set search_path = pg_catalog
as $$
declare
    k constant integer := cardinality(returns);
    lower double precision[] := array_fill(0::double precision, array[k * k]);
    inverse double precision[] := array_fill(0::double precision, array[k * k]);
    answer double precision[] := array_fill(0::double precision, array[k * k]);
    pivot double precision[] := array_fill(0::double precision, array[k]);
    residual double precision;
    x double precision;
begin
    if array_position(covariances, null) is not null or array_position(returns, null) is not null then
        return null;
    end if;
    for i in 1..k loop
        for j in 1..i loop
            x := covariances[(i - 1) * k + j];
            for n in 1..j - 1 loop
                x := x - lower[(i - 1) * k + n] * lower[(j - 1) * k + n] * pivot[n];
            end loop;
            if i = j then
                pivot[i] := case when x > 1e-10 * covariances[(i - 1) * k + i] then x else 0 end;
                lower[(i - 1) * k + i] := 1;
            else
                lower[(i - 1) * k + j] := case when pivot[j] > 0 then x / pivot[j] else 0 end;
            end if;
        end loop;
    end loop;
    for i in 1..k loop
        inverse[(i - 1) * k + i] := 1;
        for j in 1..i - 1 loop
            x := 0;
            for n in j..i - 1 loop
                x := x - lower[(i - 1) * k + n] * inverse[(n - 1) * k + j];
            end loop;
            inverse[(i - 1) * k + j] := x;
        end loop;
    end loop;
    for i in 1..k loop
        residual := 0;
        for j in 1..i loop
            residual := residual + inverse[(i - 1) * k + j] * returns[j];
        end loop;
        if pivot[i] > 0 then
            for j in 1..i loop
                answer[(i - 1) * k + j] := residual * inverse[(i - 1) * k + j] * covariances[(j - 1) * k + j] / pivot[i];
            end loop;
        end if;
    end loop;
    return answer;
end
$$;
