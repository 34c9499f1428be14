-- finance.mock_greek: totals from the mock table; its figures carry the sign of the side and meet |contracts|
select plan(10);
create temporary table options (position_type text, contracts double precision) on commit drop;
insert into options values ('LC', 700), ('SP', -230), ('SC', -60);
create temporary table mock (position_type text, delta double precision, gamma double precision, theta double precision, vega double precision) on commit drop;
insert into mock values ('LC', 0.6, 0.02, -0.5, 0.3), ('SC', -0.4, -0.02, 0.5, -0.3), ('LP', -0.4, 0.02, -0.5, 0.3), ('SP', 0.3, -0.02, 0.5, -0.3);
select is(finance.mock_greek(0.6, 1), 60::double precision, 'one contract is 100 shares');
select is(finance.mock_greek(-0.4, -1), -40::double precision, 'a call sold has a negative delta');
select is(finance.mock_greek(0.3, -1), 30::double precision, 'a put sold has a positive one');
select is(finance.mock_greek(null, 1), null, 'without a table no Greek');
select is(finance.mock_greek(0.6, null), null, 'without a quantity neither');
select is(round(sum(finance.mock_greek(delta, contracts))::numeric, 6), 46500.000000, 'delta of 700 LC, 230 SP and 60 SC')
from options join mock using (position_type);
select is(round(sum(finance.mock_greek(gamma, contracts))::numeric, 6), 820.000000, 'gamma')
from options join mock using (position_type);
select is(round(sum(finance.mock_greek(theta, contracts))::numeric, 6), -20500.000000, 'theta')
from options join mock using (position_type);
select is(round(sum(finance.mock_greek(vega, contracts))::numeric, 6), 12300.000000, 'vega')
from options join mock using (position_type);
select isnt(round(sum(delta * contracts * 100)::numeric, 6), 46500.000000, 'the signed quantity would turn puts and calls sold around')
from options join mock using (position_type);
select * from finish();
