-- finance.simple_return: close over the previous close, splits undone
select plan(8);
select is(finance.simple_return(125, 100, 1), 0.25::double precision, 'up by a quarter');
select is(finance.simple_return(75, 100, 1), -0.25::double precision, 'down by a quarter');
select is(finance.simple_return(25, 100, 4), 0::double precision, 'a 4-for-1 split is no loss');
select is(finance.simple_return(10, 1, 0.1), 0::double precision, 'a 1-for-10 split is no gain');
select is(finance.simple_return(0, 100, 1), -1::double precision, 'a total loss');
select is(finance.simple_return(100, null, 1), null, 'without the close before');
select is(finance.simple_return(null, 100, 1), null, 'without a close');
select is(finance.simple_return(100, 0, 1), null, 'nothing is a return on 0');
select * from finish();
