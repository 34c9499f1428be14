-- finance.max_drawdown: how far, from which peak, to which trough, and back when
select plan(10);
create function pg_temp.told(returns double precision []) returns text language sql
return (select concat_ws(' ', max_drawdown, coalesce(peak_no::text, '-'), coalesce(trough_no::text, '-'), coalesce(recovery_no::text, '-'))
        from finance.max_drawdown(returns));
select is(pg_temp.told('{0.25,-0.5,1}'), '-0.5 1 2 3', '1.25, 0.625 and back at 1.25');
select is(pg_temp.told('{0.25,-0.5,0.5}'), '-0.5 1 2 -', 'not back yet');
select is(pg_temp.told('{-0.5,3}'), '-0.5 0 1 2', 'from the base');
select is(pg_temp.told('{-0.25,-0.5,0.5}'), '-0.625 0 2 -', 'down and down again');
select is(pg_temp.told('{-0.5,1,0,-0.5,1}'), '-0.5 0 1 2', 'the first of two equal falls; the first of two equal peaks');
select is(pg_temp.told('{-0.25,1,-0.5,1,0.5}'), '-0.5 2 3 4', 'a deeper fall has a peak and a recovery of its own');
select is(pg_temp.told('{-0.5,2,-0.25,0.5}'), '-0.5 0 1 2', 'a shallower one changes nothing');
select is(pg_temp.told('{0.25,0,0.25}'), '0 - - -', 'it never fell');
select is(pg_temp.told('{}'), '0 - - -', 'no returns');
select is(pg_temp.told(null), '- - -', 'nothing known');
select * from finish();
