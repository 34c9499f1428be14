-- api.explain_factor_returns(): {"returns": one row per session on which two factors both have a return, the newest first}
create or replace function api.explain_factor_returns(
    p_factor_a text, p_factor_b text, p_session_no integer
) returns json
language plpgsql stable
as $$
begin
    return json_build_object('returns', (
        select coalesce(json_agg(json_build_object(
            'session_date', s.session_date, 'a', a.daily_return, 'b', b.daily_return
        ) order by a.session_no desc), '[]')
        from api.explain_factor_panel(p_session_no) as a
        join api.explain_factor_panel(p_session_no) as b on b.session_no = a.session_no
        join raw.sessions as s on s.session_no = a.session_no
        where a.factor_no = (select f.factor_no from reference.factors as f where f.factor_name = p_factor_a)
            and b.factor_no = (select f.factor_no from reference.factors as f where f.factor_name = p_factor_b)
            and a.daily_return is not null and b.daily_return is not null
    ));
end
$$;
