-- api.answer: the envelope
select plan(3);
select is(
    api.answer('{"a": 1}', null)::jsonb, jsonb_build_object('success', true, 'data', '{"a": 1}'::jsonb, 'meta', api.meta(null)::jsonb, 'errors', '[]'::jsonb),
    'data and where it comes from'
);
select is(api.answer(json_build_array(), portfolio_id)::jsonb -> 'meta', api.meta(portfolio_id)::jsonb, 'of one portfolio')
from marts.portfolios order by name limit 1;
set local sigmasight.known_at = '2000-01-01';
select is(api.answer('1', null)::jsonb, '{"success": true, "data": 1, "meta": null, "errors": []}'::jsonb, 'from nothing that was published');
select * from finish();
