-- finance.max_drawdown(returns): the worst fall from a running peak of returns chained from 1, a fraction <= 0, and where it lies:
--   numbers of returns, 1 for the first; peak_no 0 is the base before it. Of equal falls, peaks and recoveries the first counts.
--   peak_no, trough_no and recovery_no are null where it never fell, recovery_no where the peak was not reached again. No nulls in returns.
-- A loop, because every step stands on the one before; windows over as many frames would be five times as slow.
create or replace function finance.max_drawdown(
    returns double precision[],
    out max_drawdown double precision, out peak_no integer, out trough_no integer, out recovery_no integer
)
language plpgsql immutable strict parallel safe
set search_path = pg_catalog
as $$
declare
    daily_return double precision;
    chain double precision := 1;
    highest double precision := 1;
    highest_no integer := 0;
    peak double precision := 1;
    return_no integer := 0;
begin
    max_drawdown := 0;
    foreach daily_return in array returns loop
        return_no := return_no + 1;
        chain := chain * (1 + daily_return);
        if chain > highest then
            highest := chain;
            highest_no := return_no;
        elsif chain / highest - 1 < max_drawdown then
            max_drawdown := chain / highest - 1;
            peak := highest;
            peak_no := highest_no;
            trough_no := return_no;
            recovery_no := null;
        end if;
        if recovery_no is null and chain >= peak and return_no > trough_no then
            recovery_no := return_no;
        end if;
    end loop;
end
$$;
