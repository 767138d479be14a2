"""Who is who: roster, plan, sidecars, identity with evidence."""
