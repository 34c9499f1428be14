-- api.portfolios_of(): the portfolios that some lots belong to, of those that the reader may see; empty where there is none
--   marts.positions is made up book by book: whoever asks it for lots names their books, too
create or replace function api.portfolios_of(p_position_ids uuid[]) returns uuid[]
language plpgsql stable
as $$
begin
    return array(
        select distinct positions.portfolio_id from app.positions as positions
        where positions.position_id = any(p_position_ids)
        order by positions.portfolio_id
    );
end
$$;
