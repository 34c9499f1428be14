-- api.exposure: dollars, share of NAV, and a bar of the share
select plan(2);
select is(
    (api.exposure(-300, -0.3, 1)::jsonb) #- '{visual}', '{"value": -300, "pct_nav": -0.3}'::jsonb, 'dollars and share'
);
select is(
    api.exposure(-300, -0.3, 0.6, array[-0.2, 0.6])::jsonb -> 'visual', api.visual(-0.3, 'percent', 0.6, null, array[-0.2, 0.6])::jsonb,
    'the bar is of the share'
);
select * from finish();
