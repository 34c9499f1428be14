-- finance.intrinsic_value: per share at expiration, never negative
select plan(9);
select is(finance.intrinsic_value('call', 100, 110), 10::double precision, 'a call in the money');
select is(finance.intrinsic_value('call', 100, 90), 0::double precision, 'a call out of the money');
select is(finance.intrinsic_value('call', 100, 100), 0::double precision, 'a call at the money');
select is(finance.intrinsic_value('put', 100, 90), 10::double precision, 'a put in the money');
select is(finance.intrinsic_value('put', 100, 110), 0::double precision, 'a put out of the money');
select is(finance.intrinsic_value('put', 100, 0), 100::double precision, 'a put on what is worth nothing');
select is(finance.intrinsic_value('call', 100, null), null, 'an unknown price leaves the value unknown, not 0');
select is(finance.intrinsic_value('put', 100, null), null, 'of a put as well');
select is(finance.intrinsic_value(null, 100, 110), null, 'neither call nor put');
select * from finish();
