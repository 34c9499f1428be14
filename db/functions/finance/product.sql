-- finance.product(double precision): the product of the values, in the order given; 1 for no rows.
do $do$
begin
    if to_regprocedure('finance.product(double precision)') is null then
        create aggregate finance.product(double precision) (
            sfunc = float8mul, stype = double precision, initcond = '1', parallel = safe
        );
    end if;
end
$do$;
