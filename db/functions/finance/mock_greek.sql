-- finance.mock_greek(per_share, contracts): a position's total from the mock table (contract, section 4).
-- The table's figures carry the sign of the side, so they meet |contracts|, never the signed quantity.
create or replace function finance.mock_greek(
    per_contract_share double precision, contracts double precision
) returns double precision
language sql immutable parallel safe
return per_contract_share * abs(contracts) * 100;
