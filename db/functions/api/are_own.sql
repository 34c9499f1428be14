-- api.are_own(): whether all these positions and tags belong to the caller, who may then change what ties them
--   an administrator sees those of others, but does not change them
create or replace function api.are_own(p_position_ids uuid[], p_tag_ids uuid[]) returns boolean
language plpgsql stable
as $$
declare
    caller uuid := app.current_user_id();
begin
    return not exists (
        select from unnest(p_position_ids) as given (position_id)
        where not exists (
            select from app.positions as positions
            inner join app.portfolios as portfolios on positions.portfolio_id = portfolios.portfolio_id
            where positions.position_id = given.position_id
                and positions.removed_at is null
                and portfolios.user_id = caller
        )
    ) and not exists (
        select from unnest(p_tag_ids) as given (tag_id)
        where not exists (
            select from app.tags as tags where tags.tag_id = given.tag_id and tags.user_id = caller
        )
    );
end
$$;
