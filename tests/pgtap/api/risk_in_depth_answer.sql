-- api.risk_in_depth_answer, api.shown_figures: what every answer about risk in depth says first
select plan(6);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
select is(
    (
        select string_agg(part.key, ' ')
        from json_each(api.risk_in_depth_answer(
            api.portfolio_id(null), '[{"status": "ok", "reason": null}]', '{"view": "longs", "tests": []}'
        ) -> 'data') as part
    ),
    'as_of portfolio_id available status reason view tests', 'the opening, then the figures as they came'
);
select is(
    api.risk_in_depth_answer(api.portfolio_id(null), '[{"status": "ok"}, {"status": "ok"}]', '{}') -> 'data' ->> 'status',
    'ok', 'ok where all rows are'
);
select results_eq(
    $$select d ->> 'status', d ->> 'available', d ->> 'reason' from (
        select api.risk_in_depth_answer(
            api.portfolio_id(null), '[{"status": "ok"}, {"status": "unavailable", "reason": "why"}]', '{}'
        ) -> 'data' as d
    ) as answered$$,
    $$values ('partial', 'true', 'why')$$, 'partial where one is not'
);
select results_eq(
    $$select d ->> 'status', d ->> 'available', d ->> 'reason' from (
        select api.risk_in_depth_answer('00000000-0000-4000-8000-000000000000', null, '{}') -> 'data' as d
    ) as answered$$,
    $$values ('unavailable', 'false', 'not yet published')$$, 'no rows: why the engine has none'
);
select is(
    api.shown_figures('{"run_id": 1, "view": "longs", "hhi": 0.5, "status": "ok"}'), '{"hhi": 0.5, "status": "ok"}',
    'a row without what the answer says already'
);
select * from finish();
