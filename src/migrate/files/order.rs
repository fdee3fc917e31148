//! The order in which migrations are applied, and what is unusual about their numbers.

use super::Migration;
use crate::error::Error;

/// The migrations by version, but each behind those that it depends on.
///
/// # Errors
///
/// Exit code 2 where a dependency is not there, or goes in a circle.
pub(super) fn sorted(mut left: Vec<Migration>) -> Result<Vec<Migration>, Error> {
    left.sort_by(|one, two| one.version.cmp(&two.version));
    if left.iter().all(|migration| migration.depends.is_empty()) {
        return Ok(left);
    }
    let needs: Vec<Vec<usize>> = left
        .iter()
        .map(|migration| dependencies(migration, &left))
        .collect::<Result<_, _>>()?;
    let mut placed = vec![false; left.len()];
    let mut order = Vec::new();
    // The lowest version that may run, each time anew: what nothing holds back stays in its place.
    while let Some(next) =
        (0..left.len()).find(|&at| !placed[at] && needs[at].iter().all(|&need| placed[need]))
    {
        placed[next] = true;
        order.push(next);
    }
    if let Some(stuck) = placed.iter().position(|placed| !placed) {
        return Err(circle(&left, &needs, &placed, stuck));
    }
    let mut left: Vec<Option<Migration>> = left.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|at| left[at].take()).collect())
}

fn dependencies(migration: &Migration, all: &[Migration]) -> Result<Vec<usize>, Error> {
    let mut found = Vec::new();
    for wanted in &migration.depends {
        let at = all.iter().position(|known| known.version == wanted.version);
        let error = |message: String| Error::usage(message).at(wanted.origin.clone());
        let Some(at) = at else {
            return Err(error(format!(
                "{} depends on {}, which the suite does not have",
                migration.label(),
                wanted.version
            ))
            .help("add its file, or correct the version"));
        };
        if wanted
            .name
            .as_ref()
            .is_some_and(|name| *name != all[at].name)
        {
            return Err(error(format!(
                "{} depends on {}_{}, but that version is {}",
                migration.label(),
                wanted.version,
                wanted.name.as_deref().unwrap_or_default(),
                all[at].label()
            ))
            .help("correct the name, or give the version alone"));
        }
        found.push(at);
    }
    Ok(found)
}

/// Names the circle that a migration which never gets its turn leads into.
fn circle(all: &[Migration], needs: &[Vec<usize>], placed: &[bool], stuck: usize) -> Error {
    let mut way = vec![stuck];
    let mut at = stuck;
    // Each that is stuck waits for another one, so that the way comes back to itself.
    while let Some(&next) = needs[at].iter().find(|&&need| !placed[need]) {
        if let Some(start) = way.iter().position(|&seen| seen == next) {
            way.drain(..start);
            way.push(next);
            break;
        }
        way.push(next);
        at = next;
    }
    let labels: Vec<String> = way.iter().map(|&at| all[at].label()).collect();
    let error = Error::usage(format!(
        "migrations depend on each other in a circle: {}",
        labels.join(" → ")
    ))
    .help("remove one of these dependencies");
    match all[way[0]].depends.first() {
        Some(first) => error.at(first.origin.clone()),
        None => error,
    }
}

/// Numbers that are left out, where the files are counted by hand. Timestamps have none.
pub(super) fn gaps(list: &[Migration]) -> Vec<String> {
    let mut counted: Vec<(u32, String)> = list
        .iter()
        .filter_map(|migration| Some((migration.version.counted()?, migration.label())))
        .collect();
    counted.sort();
    // Who counts by tens leaves room on purpose.
    let mut step = 1;
    while counted.iter().all(|(number, _)| number % (step * 10) == 0) && step < 1_000_000 {
        step *= 10;
    }
    counted
        .windows(2)
        .filter(|pair| pair[1].0 - pair[0].0 > step)
        .map(|pair| {
            let (first, last) = (pair[0].0 + step, pair[1].0 - 1);
            let last = last - last % step;
            let missing = match first < last {
                true => format!("the versions {first} to {last} are"),
                false => format!("the version {first} is"),
            };
            format!("{missing} missing between {} and {}", pair[0].1, pair[1].1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Migrations;
    use super::super::fixture::{migrations, suite};

    fn order(files: &[(&str, &str)]) -> String {
        match Migrations::from_suite(&suite(files)) {
            Ok(all) => {
                let versions: Vec<_> = all.list().iter().map(|m| m.version.as_str()).collect();
                versions.join(" ")
            }
            Err(error) => {
                assert_eq!(error.code() as u8, 2);
                assert!(error.help_text().is_some());
                format!("{}: {error}", error.origin().unwrap())
            }
        }
    }

    #[test]
    fn a_migration_comes_behind_what_it_depends_on() {
        let files = [
            ("1_a.sql", "-- supaproof: depends: 3"),
            ("2_b.sql", "--"),
            ("3_c.sql", "-- supaproof: depends: 02_b"),
            ("4_d.sql", "-- supaproof: depends: 1, 3"),
        ];
        assert_eq!(order(&files), "2 3 1 4");
    }

    #[test]
    fn dependencies_that_cannot_be_met_are_refused() {
        assert_eq!(
            order(&[("1_a.sql", "--\n-- supaproof: depends: 7")]),
            "sql/shop/1_a.sql:2:1: 1_a depends on 7, which the suite does not have"
        );
        assert_eq!(
            order(&[("1_a.sql", "--"), ("2_b.sql", "-- supaproof: depends: 1_c")]),
            "sql/shop/2_b.sql:1:1: 2_b depends on 1_c, but that version is 1_a"
        );
        assert_eq!(
            order(&[("1_a.sql", "-- supaproof: depends: 1")]),
            "sql/shop/1_a.sql:1:1: migrations depend on each other in a circle: 1_a → 1_a"
        );
        // The first one only leads to the circle.
        let files = [
            ("1_a.sql", "-- supaproof: depends: 2"),
            ("2_b.sql", "-- supaproof: depends: 3"),
            ("3_c.sql", "-- supaproof: depends: 2"),
        ];
        assert_eq!(
            order(&files),
            "sql/shop/2_b.sql:1:1: migrations depend on each other in a circle: 2_b → 3_c → 2_b"
        );
    }

    #[test]
    fn numbers_that_are_left_out_are_told() {
        let gaps = |names: &[&str]| {
            let files: Vec<(String, &str)> =
                names.iter().map(|n| (format!("{n}_m.sql"), "--")).collect();
            let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (n.as_str(), *t)).collect();
            migrations(&files).warnings().join("; ")
        };
        assert_eq!(
            gaps(&["001", "003"]),
            "the version 2 is missing between 001_m and 003_m"
        );
        assert_eq!(
            gaps(&["1", "2", "10"]),
            "the versions 3 to 9 are missing between 2_m and 10_m"
        );
        assert_eq!(
            gaps(&["10", "20", "40"]),
            "the version 30 is missing between 20_m and 40_m"
        );
        for none in [
            &["5", "6"][..],
            &["10", "20"],
            &["20250131120000", "20250201120000"],
            &["1", "20250131120000"],
        ] {
            assert_eq!(gaps(none), "");
        }
    }
}
