-- The figures that can be explained are one list, api.explain_catalogue; why an engine shows nothing is one question, api.engine_reason.
drop function if exists api.explain_catalogue_in_depth();
drop function if exists api.explain_catalogue_performance();
drop function if exists api.risk_in_depth_gap(uuid);
