-- finance.sequential_attribution: factors one after the other
select plan(5);
select is(finance.sequential_attribution('{4,0,0,9}', '{0.1,0.2}'), '{0.1,0,0,0.2}', 'factors that have nothing in common earn their own returns');
-- the second is the first plus something of its own, of variance 1, that returned 0.05
select is(
    (select array_agg(round(x::numeric, 12)) from unnest(finance.sequential_attribution('{4,4,4,5}', '{0.1,0.15}')) x),
    '{0.1,0,-0.2,0.25}', 'the second counts for its own part only'
);
-- a book that is the second factor: its exposures one at a time are 1 to the first (4/4) and 1 to the second
select is(
    (select array_agg(round(x::numeric, 12)) from unnest(array[0.1 * 1 + 0, -0.2 * 1 + 0.25 * 1]::double precision[]) x), '{0.1,0.05}', 'so that such a book earns 0.15'
);
select is(finance.sequential_attribution('{4,4,4,4}', '{0.1,0.1}'), '{0.1,0,0,0}', 'what the first explains earns nothing');
select is(finance.sequential_attribution('{4,null,null,4}', '{0.1,0.1}'), null, 'unknown covariances');
select * from finish();
