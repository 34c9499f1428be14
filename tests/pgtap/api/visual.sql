-- api.visual: how a figure may be drawn
select plan(9);
select is(api.visual(0.5, 'percent', 1) ->> 'status', 'success', 'within the limit');
select is(api.visual(-0.81, 'percent', 1) ->> 'status', 'warning', 'near it, on either side');
select is(api.visual(-1.01, 'percent', 1) ->> 'status', 'danger', 'beyond it');
select is(api.visual(-0.3, 'percent', 0.6, null, array[-0.2, 0.6]) ->> 'status', 'warning', 'outside of the target');
select is(api.visual(0.3, 'percent') ->> 'status', 'info', 'without limit and target');
select is(
    api.visual(null, 'percent', 1)::jsonb,
    '{"value": null, "display": null, "percentage": null, "status": "info", "color": "#3B82F6", "target_range": null, "limit": 1}'::jsonb,
    'what is unknown is not judged'
);
select is(
    array[api.visual(-0.1234, 'percent') ->> 'display', api.visual(-1234567.8, 'dollars') ->> 'display', api.visual(1.006, 'number') ->> 'display'],
    array['-12.3 %', '-$1,234,568', '1.01'], 'shown for people'
);
select is(
    array[(api.visual(-0.5, 'percent', 2) ->> 'percentage')::float8, (api.visual(9, 'number', 2) ->> 'percentage')::float8, (api.visual(0.5, 'number', 2, 1) ->> 'percentage')::float8],
    array[25, 100, 50]::float8[], 'a bar is never longer than full'
);
select is(
    (select array_agg(api.visual(value, 'number', 1) ->> 'color' order by value) from unnest(array[0.1, 0.9, 1.1]) as value),
    array['#10B981', '#F59E0B', '#EF4444'], 'in the colour of its status'
);
select * from finish();
