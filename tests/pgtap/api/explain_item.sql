-- api.explain_item: which of several rows is meant
select plan(6);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create temporary table view_key as
select json_build_object('portfolio_id', api.portfolio_id(null), 'view', 'portfolio', 'session_date', '2026-06-30') as k;
select results_eq(
    $$select item_column, item, factor from api.explain_item('portfolio_drawdowns', (select k from view_key), null)$$,
    $$values ('drawdown_no', '1', null::text)$$, 'the deepest fall unless another is named'
);
select results_eq(
    $$select item, factor from api.explain_item('portfolio_rate_sensitivities', (select k from view_key), null)$$,
    $$values ('100', 'Interest Rate')$$, 'one percent of yield, and whose betas that is about'
);
select results_eq(
    $$select item from api.explain_item('portfolio_drawdowns', (select k from view_key), '2')$$, $$values ('2')$$, 'the one that is named'
);
select is_empty(
    $$select * from api.explain_item('portfolio_drawdowns', (select k from view_key), 'first')$$, 'none where there is no such one'
);
select is_empty(
    $$select * from api.explain_item('portfolio_drawdowns', json_build_object('portfolio_id', gen_random_uuid()), null)$$, 'nor for nobody'
);
select * from finish();
