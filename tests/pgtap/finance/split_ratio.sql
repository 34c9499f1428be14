-- finance.split_ratio: new shares per old share
select plan(5);
select is(finance.split_ratio(1, 4), 4::double precision, '4 for 1');
select is(finance.split_ratio(3, 1), 1 / 3::double precision, '1 for 3');
select is(finance.split_ratio(2, 3), 1.5::double precision, '3 for 2');
select is(finance.split_ratio(0, 1), null, 'nothing is split from 0');
select is(finance.split_ratio(null, 1), null, 'unknown stays unknown');
select * from finish();
