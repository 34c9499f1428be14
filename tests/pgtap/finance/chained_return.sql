-- finance.fixed_log, finance.chained_return: returns chained over periods through exact sums
select plan(6);
select is(round(finance.chained_return(finance.fixed_log(0.1) + finance.fixed_log(0.1))::numeric, 14), 0.21, 'ten percent twice');
select is(finance.chained_return(0), 0::double precision, 'nothing');
select is(round(finance.chained_return(finance.fixed_log(-0.5) + finance.fixed_log(1))::numeric, 14), 0.00000000000000, 'down by half and up again');
select is(finance.fixed_log(-0.97), null, 'what is all but lost is not chained');
select is(finance.fixed_log(30), null, 'nor what no market pays');
select is(finance.fixed_log(null), null, 'nor what is unknown');
select * from finish();
