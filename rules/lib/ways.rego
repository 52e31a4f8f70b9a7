# Ways to more permissions (facts.escalations, facts.takeovers) in words.
package lib.ways

# What a way depends on, to put behind a sentence.
conditions(way) := "" if count(way.depends_on) == 0

conditions(way) := sprintf(" (if %s allow it)", [concat(", ", way.depends_on)]) if count(way.depends_on) > 0

# The first ways of a list by name and actions, and how many more there are.
listed(ways) := concat("; ", ways) if count(ways) <= 3

listed(ways) := sprintf("%s; and %d more", [concat("; ", array.slice(ways, 0, 3)), count(ways) - 3]) if count(ways) > 3

# A way over another identity in words.
told(way) := sprintf("%s (%s)%s", [concat(", ", way.actions), way.path, conditions(way)])

# Whether it is a way to whichever target, and no shorter one is part of it.
to_any(way) if {
    way.any_target == true
    not _longer(way)
}

_longer(way) if way.extends
