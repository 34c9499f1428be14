"""What a client officer sends on: where to log in, what is there, what to know. Never the password."""

from accounts.onboard import Onboarded


def letter(onboarded: Onboarded, address: str) -> str:
    """The text, in plain words."""
    client, steps = onboarded.client, onboarded.steps
    run, positions, market = steps["run"], steps["positions"], steps["market_data"]
    nav = run.get("nav")
    lines = [
        f"To {client.full_name} <{client.email}>",
        "",
        f"Your portfolio '{client.portfolio_name}' is ready at SigmaSight.",
        "",
        f"  log in at      {address}",
        f"  as             {client.email}",
        "  password       the one that you were given by another way",
        f"  portfolio id   {onboarded.account.portfolio_id}",
        f"  positions      {positions.get('rows', 0)} as in your file, {run.get('position_count') or 0} of them open",
        f"  valued at      {'not yet' if nav is None else f'${nav:,.2f}'} on {run.get('market_date') or 'no session'}",
    ]
    unsupported = market.get("unsupported") or []
    if unsupported:
        lines.append(f"  without price  {', '.join(unsupported)}: shown at the price of entry")
    if market.get("provider") == "simulated":
        lines.append("  note           all prices are simulated")
    return "\n".join(lines)
