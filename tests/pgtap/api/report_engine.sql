-- api.report_engine: a section has data, or says why not
select plan(3);
select is(
    api.report_engine('what', null, 'ok', null)::jsonb,
    '{"available": false, "status": "unavailable", "reason": "there are no figures for this session", "description": "what", "data": null}',
    'without data nothing is available'
);
select is(
    api.report_engine('what', '{"a": 1}', 'unavailable', 'because')::jsonb,
    '{"available": false, "status": "unavailable", "reason": "because", "description": "what", "data": null}',
    'what is unavailable shows no data'
);
select is(
    api.report_engine('what', '{"a": 1}', 'partial', 'some')::jsonb,
    '{"available": true, "status": "partial", "reason": "some", "description": "what", "data": {"a": 1}}', 'and what is partial does'
);
select * from finish();
