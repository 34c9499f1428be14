-- api.tagged_positions(): the lots of a portfolio that carry any, or all (p_tag_mode), of some tags, which are named in any case
-- The tags are those of now; with known_at those that were published then.
create or replace function api.tagged_positions(p_portfolio_id uuid, p_tags text[], p_tag_mode text) returns uuid[]
language plpgsql stable
as $$
declare
    wanted text[] := array(select distinct lower(tag.name) from unnest(p_tags) as tag (name));
    least_count integer := case p_tag_mode when 'all' then cardinality(wanted) else 1 end;
begin
    if coalesce(current_setting('sigmasight.known_at', true), '') <> '' then
        return array(
            select positions.position_id
            from marts.positions as positions
            where positions.portfolio_id = p_portfolio_id and (
                select count(distinct lower(tag.name)) >= least_count
                from unnest(positions.tags) as tag (name) where lower(tag.name) = any(wanted)
            )
        );
    end if;
    return array(
        select position_tags.position_id
        from app.position_tags as position_tags
        inner join app.tags as tags on position_tags.tag_id = tags.tag_id
        inner join app.positions as positions on position_tags.position_id = positions.position_id
        where positions.portfolio_id = p_portfolio_id and lower(tags.name) = any(wanted)
        group by position_tags.position_id
        having count(distinct lower(tags.name)) >= least_count
    );
end
$$;
