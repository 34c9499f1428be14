-- finance.joint_factor_weights(returns, taken, ridge): how to read all joint factor exposures of a security off its returns at once
--   returns   sessions x factors, the market first; taken: which sessions count; ridge: see below
--   One row per session that counts: factor_moves, what each factor did then, and weights, so that the joint exposure to factor k of any
--   series y with a value on all these sessions is sum(weights[k] * y): linear in y, so a book's exposure is the sum of its holdings'.
-- The factor funds are nearly collinear (each is mostly the market), so least squares on them all would give exposures of ±20 that a
-- thousandth of a return turns around. Here the market comes first: its exposure is the plain beta. Of each other fund only what the
-- market does not explain moves the model, its residual; and the residuals, standardised, are fitted by ridge regression:
-- exposure = (R + ridge * I)^-1 * cor, R their correlation matrix. Its eigenvalues are at least `ridge`, so the condition number is at
-- most (6 + ridge) / ridge, whatever the funds do. A fund that is the market itself (within 1e-10 of its variance) has moves of 0.
-- Loops, because they run once per pattern of missing sessions (mostly once), not once per security.
create or replace function finance.joint_factor_weights(
    returns double precision[], taken boolean[], ridge double precision
) returns table (place integer, factor_moves double precision[], weights double precision[])
language plpgsql immutable strict parallel safe
set search_path = pg_catalog
as $$
declare
    factors integer := array_length(returns, 2);
    sessions integer := array_length(returns, 1);
    n integer := 0;
    mean double precision;
    slope double precision;
    spread double precision;
    raw_spread double precision;
    squares double precision;
    market_spread double precision := 0;
    term double precision;
    -- factor by factor: moves of the sessions, around 0
    moves double precision[] := array_fill(0::double precision, array[array_length(returns, 2), array_length(returns, 1)]);
    deviation double precision[] := array_fill(0::double precision, array[array_length(returns, 2)]);
    a double precision[] := array_fill(0::double precision, array[array_length(returns, 2), array_length(returns, 2)]);
    inverse double precision[] := array_fill(0::double precision, array[array_length(returns, 2), array_length(returns, 2)]);
begin
    for t in 1..sessions loop
        n := n + taken[t]::integer;
    end loop;
    for k in 1..factors loop
        mean := 0;
        for t in 1..sessions loop
            if taken[t] then
                mean := mean + returns[t][k];
            end if;
        end loop;
        mean := mean / nullif(n, 0);
        raw_spread := 0;
        squares := 0;
        slope := 0;
        for t in 1..sessions loop
            if taken[t] then
                term := returns[t][k] - mean;
                moves[k][t] := term;
                raw_spread := raw_spread + term * term;
                squares := squares + returns[t][k] * returns[t][k];
                slope := slope + term * moves[1][t];
            end if;
        end loop;
        if k = 1 then
            market_spread := raw_spread;
            -- a market that does not move but for rounding explains nothing
            if not market_spread > 1e-20 * squares then
                return;
            end if;
            continue;
        end if;
        slope := slope / market_spread;
        spread := 0;
        for t in 1..sessions loop
            if taken[t] then
                term := moves[k][t] - slope * moves[1][t];
                moves[k][t] := term;
                spread := spread + term * term;
            end if;
        end loop;
        if spread > 1e-10 * raw_spread and raw_spread > 1e-20 * squares then
            deviation[k] := sqrt(spread / (n - 1));
        else
            for t in 1..sessions loop
                moves[k][t] := 0;
            end loop;
        end if;
    end loop;
    -- R + ridge * I, and its inverse by Gauss and Jordan: positive definite, so no pivot is needed
    for j in 2..factors loop
        for k in 2..factors loop
            term := 0;
            if deviation[j] > 0 and deviation[k] > 0 then
                for t in 1..sessions loop
                    term := term + moves[j][t] * moves[k][t];
                end loop;
                term := term / (n - 1) / deviation[j] / deviation[k];
            end if;
            a[j][k] := term + case when j = k then ridge else 0 end;
        end loop;
        inverse[j][j] := 1;
    end loop;
    for i in 2..factors loop
        term := a[i][i];
        for k in 2..factors loop
            a[i][k] := a[i][k] / term;
            inverse[i][k] := inverse[i][k] / term;
        end loop;
        for j in 2..factors loop
            if j <> i then
                term := a[j][i];
                for k in 2..factors loop
                    a[j][k] := a[j][k] - term * a[i][k];
                    inverse[j][k] := inverse[j][k] - term * inverse[i][k];
                end loop;
            end if;
        end loop;
    end loop;
    for t in 1..sessions loop
        if taken[t] then
            place := t;
            factor_moves := array_fill(0::double precision, array[factors]);
            weights := array_fill(0::double precision, array[factors]);
            factor_moves[1] := moves[1][t];
            weights[1] := moves[1][t] / market_spread;
            for k in 2..factors loop
                factor_moves[k] := moves[k][t];
                if deviation[k] > 0 then
                    term := 0;
                    for j in 2..factors loop
                        if deviation[j] > 0 then
                            term := term + inverse[k][j] * moves[j][t] / deviation[j];
                        end if;
                    end loop;
                    weights[k] := term / (n - 1) / deviation[k];
                end if;
            end loop;
            return next;
        end if;
    end loop;
end
$$;
