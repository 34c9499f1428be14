-- finance.interpolate and continuous_rate: between the tenors, beyond them, and without any
select plan(13);
select is(finance.interpolate(1.5, array[1, 2, 5]::double precision[], array[10, 20, 50]::double precision[]), 15::double precision, 'half way');
select is(finance.interpolate(2, array[1, 2, 5]::double precision[], array[10, 20, 50]::double precision[]), 20::double precision, 'on a point');
select is(finance.interpolate(4, array[1, 2, 5]::double precision[], array[10, 20, 50]::double precision[]), 40::double precision, 'two thirds on');
select is(finance.interpolate(0, array[1, 2, 5]::double precision[], array[10, 20, 50]::double precision[]), 10::double precision, 'before the first');
select is(finance.interpolate(9, array[1, 2, 5]::double precision[], array[10, 20, 50]::double precision[]), 50::double precision, 'after the last');
select is(finance.interpolate(9, array[1]::double precision[], array[10]::double precision[]), 10::double precision, 'a single point holds everywhere');
select is(finance.interpolate(9, array[]::double precision[], array[]::double precision[]), null, 'no points');
select is(finance.interpolate(null, array[1]::double precision[], array[10]::double precision[]), null, 'nowhere');
select is(finance.interpolate(1, null, null), null, 'no curve');
select is(finance.continuous_rate(0), 0::double precision, 'nothing');
select ok(abs(finance.continuous_rate(5) - 0.04938522518074283) < 1e-15, '5 % twice a year are 4.94 % continuously');
select ok(abs(finance.continuous_rate(-0.5) - -0.005006260436236954) < 1e-15, 'below 0');
select is(finance.continuous_rate(null), null, 'unknown');
select * from finish();
