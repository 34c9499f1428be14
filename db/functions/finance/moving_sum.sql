-- finance.moving_sum(bigint): a sum that slides in O(1) per row over a window frame, exactly.
-- The built-in sum(bigint) slides through numeric; this one stays in bigint, and int8mi undoes int8pl bit for bit.
-- Overflow raises: callers keep |x| <= 1e17 and frames <= 90 rows (see finance.fixed_point).
do $do$
begin
    if to_regprocedure('finance.moving_sum(bigint)') is null then
        create aggregate finance.moving_sum(bigint) (
            sfunc = int8pl, stype = bigint, initcond = '0',
            msfunc = int8pl, minvfunc = int8mi, mstype = bigint, minitcond = '0',
            parallel = safe
        );
    end if;
end
$do$;
