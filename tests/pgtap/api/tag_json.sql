-- api.tag_json: a tag as the API shows it
select plan(2);
select is(
    api.tag_json('6d0c2cf0-0000-4000-8000-000000000001', 'momentum', '#FF5733')::jsonb,
    '{"id": "6d0c2cf0-0000-4000-8000-000000000001", "name": "momentum", "color": "#FF5733", "type": "REGULAR"}'::jsonb, 'id, name, color, type'
);
select is(api.tag_json(null, '#strategy:x', null)::jsonb, '{"id": null, "name": "#strategy:x", "color": null, "type": "STRATEGY"}'::jsonb, 'a strategy');
select * from finish();
