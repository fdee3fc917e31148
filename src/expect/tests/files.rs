//! Files together, with their variables, their anchors and the schema of their names.

use super::message;
use crate::expect::*;

/// A suite with other files beside its own, read with these variables and a profile.
fn together(files: &[(&str, &str)], profile: Option<&str>) -> Result<Expectations, String> {
    let include = |by: &Source, path: &str| {
        let path = by.path().parent().unwrap().join(path);
        let found = files
            .iter()
            .find(|(name, _)| path == std::path::Path::new(name));
        let text = found
            .ok_or_else(|| Error::usage(format!("no file {}", path.display())))?
            .1;
        Ok(Source::new(path, text))
    };
    let variable = |name: &str| match name {
        "OWNER" => Some("of_environment".to_owned()),
        "EMPTY" => Some(String::new()),
        "API_TOKEN" => Some("s3cr3t".to_owned()),
        _ => None,
    };
    let given = Given {
        profile,
        variable: &variable,
        include: &include,
    };
    let source = Source::new(files[0].0, files[0].1);
    parse_with(&source, "s", &given).map_err(|error| {
        let place = error
            .origin()
            .map_or_else(|| "?".to_owned(), ToString::to_string);
        let notes: Vec<String> = error
            .notes()
            .iter()
            .map(|note| format!(" ({note})"))
            .collect();
        format!("{place}: {}{}", error.message(), notes.concat())
    })
}

fn titled(yaml: &str, profile: Option<&str>) -> Result<String, String> {
    together(&[("s.yaml", yaml)], profile).map(|found| found.title)
}

#[test]
fn a_variable_stands_for_its_value() {
    for (yaml, title) in [
        ("title: ${OWNER}", "of_environment"),
        (
            "title: of ${OWNER}, ${NAME:-nobody}",
            "of of_environment, nobody",
        ),
        ("title: ${EMPTY:-nothing}", "nothing"),
        ("title: ${EMPTY-nothing}.", "."),
        // A text in quotes or in a block is literal: SQL has dollars of its own.
        ("title: '${OWNER}'", "${OWNER}"),
        ("title: |-\n  ${OWNER}", "${OWNER}"),
        ("title: $${OWNER}", "${OWNER}"),
        ("title: $OWNER $1 $$", "$OWNER $1 $$"),
        ("title: $OWNER $1 $$ ${OWNER}", "$OWNER $1 $ of_environment"),
    ] {
        assert_eq!(titled(yaml, None).as_deref(), Ok(title), "{yaml}");
    }
    let step = |run: &str| {
        titled(
            &format!("title: ${{OWNER}}\nsmoke: [{{name: x, run: {run}}}]"),
            None,
        )
    };
    assert!(
        step("do $$begin end$$")
            .unwrap_err()
            .starts_with("s.yaml:2:24: in a file with")
    );
    assert!(step("'do $$begin end$$'").is_ok() && step("select $1").is_ok());
    // Of any type, and in names too.
    let yaml = "tables:\n  t_${OWNER}:\n    rls: ${RLS:-true}\nsmoke:\n  - name: x\n    run: |\n      select '${OWNER}'\n    rows: ${ROWS:-3}\n";
    let found = together(&[("s.yaml", yaml)], None).unwrap();
    assert_eq!(
        found.checks[0].subject.to_string(),
        "table public.t_of_environment"
    );
    let step = &found.smoke[0].step;
    assert_eq!(
        (step.run.value.as_str(), step.rows),
        ("select '${OWNER}'\n", Some(3))
    );
}

#[test]
fn a_profile_wins_over_the_environment() {
    let yaml = "title: ${OWNER}/${PORT:-none}\nprofiles:\n  staging: {OWNER: of_profile, PORT: 5}\n  live: {}\n";
    assert_eq!(titled(yaml, Some("staging")).unwrap(), "of_profile/5");
    assert_eq!(titled(yaml, Some("live")).unwrap(), "of_environment/none");
    assert_eq!(titled(yaml, None).unwrap(), "of_environment/none");
    assert_eq!(
        titled(yaml, Some("stagin")).unwrap_err(),
        "?: s.yaml has no profile `stagin`"
    );
    // A suite without profiles is the same in all of them.
    assert_eq!(
        titled("title: ${OWNER}", Some("staging")).unwrap(),
        "of_environment"
    );
    for wrong in ["profiles: {a: {B-C: x}}", "profiles: {a: {B: '${OWNER}'}}"] {
        let error = titled(wrong, Some("a")).unwrap_err();
        assert!(error.starts_with("s.yaml:1:"), "{error}");
    }
}

#[test]
fn a_variable_without_a_value_is_an_error_at_its_place() {
    let error = titled("tables: {}\ntitle: of ${NOBODY}", None).unwrap_err();
    assert_eq!(error, "s.yaml:2:8: the variable `NOBODY` has no value");
    let error = titled("title: ${API_TOKEN}", None).unwrap_err();
    assert!(
        error.contains("it holds a secret") && !error.contains("s3cr3t"),
        "{error}"
    );
    let error = titled("title: ${9}", None).unwrap_err();
    assert!(error.starts_with("s.yaml:1:8"), "{error}");
    let error = titled("tables:\n  t:\n    rls: ${OWNER}", None).unwrap_err();
    assert_eq!(
        error,
        "s.yaml:3:10: expected true or false, found `${OWNER}`"
    );
}

#[test]
fn included_files_are_read_as_one_suite() {
    let found = together(
        &[
            ("v/s.yaml", "include: [s/a.yaml, s/b.yaml]\nschema: app\ntables: {others: refused, items: {t: {}}}\n"),
            ("v/s/a.yaml", "include: c.yaml\ntables: {u: {}}\nsmoke: [{name: x, run: select 1}]\n"),
            ("v/s/b.yaml", "include: c.yaml\nschema: other\ntables: {t: {}}\nrequires: {schemas: {app: {}}}\n"),
            ("v/s/c.yaml", "policies: {items: {t: {p: {command: all}}}}\n"),
        ],
        None,
    )
    .unwrap();
    let said: Vec<String> = found
        .checks
        .iter()
        .map(|e| format!("{} {}", e.subject, e.origin))
        .collect();
    assert_eq!(
        said,
        [
            "schema app v/s/b.yaml:4:22",
            "table app.t v/s.yaml:3:35",
            "tables in app v/s.yaml:3:18",
            "table app.u v/s/a.yaml:2:10",
            "policy \"p\" on app.t v/s/c.yaml:1:24",
            "policies app.t v/s/c.yaml:1:20",
            "table other.t v/s/b.yaml:3:10",
        ]
    );
    assert_eq!(found.smoke[0].origin().to_string(), "v/s/a.yaml:3:16");
}

#[test]
fn what_is_wrong_with_files_together_is_said_at_its_place() {
    for (files, error) in [
        (
            &[("s.yaml", "tables: {}\ninclude: a.yaml\n")][..],
            "s.yaml:2:10: no file a.yaml",
        ),
        (
            &[
                ("s.yaml", "include:\n  - a.yaml\n  - b.yaml\n"),
                ("a.yaml", ""),
            ],
            "s.yaml:3:5: no file b.yaml",
        ),
        (
            &[
                ("s.yaml", "include: a.yaml"),
                ("a.yaml", "include: b.yaml"),
                ("b.yaml", "\ninclude: a.yaml"),
            ],
            "b.yaml:2:10: a file includes itself: a.yaml → b.yaml → a.yaml",
        ),
        (
            &[("s.yaml", "include: s.yaml")],
            "s.yaml:1:10: a file includes itself: s.yaml → s.yaml",
        ),
        (
            &[
                ("s.yaml", "include: a.yaml"),
                ("a.yaml", "tables: {}\ntitle: T\n"),
            ],
            "a.yaml:2:8: `title` stands in a suite's own file, and this one is included",
        ),
        (
            &[
                ("s.yaml", "include: a.yaml\ntables: {t: {}}"),
                ("a.yaml", "tables:\n  public.t: {}\n"),
            ],
            "a.yaml:2:3: two places say what is expected of the table public.t (the other place is s.yaml:2:10)",
        ),
        (
            &[("s.yaml", "tables: {t: {}, public.t: {}}")],
            "s.yaml:1:17: two places say what is expected of the table public.t (the other place is s.yaml:1:10)",
        ),
        (
            &[("s.yaml", "include: a.yaml"), ("a.yaml", "tabels: {}\n")],
            "a.yaml:1:1: unknown key `tabels`",
        ),
    ] {
        assert_eq!(together(files, None).unwrap_err(), error);
    }
    // What is for one case or the other may be said twice.
    let yaml = "include: a.yaml\ntables: {t: {only_if: {postgres: 15}}}";
    let other = "tables: {t: {only_if: {postgres: '> 15'}}}";
    assert!(together(&[("s.yaml", yaml), ("a.yaml", other)], None).is_ok());
}

#[test]
fn anchors_aliases_and_merge_keys_are_those_of_yaml() {
    let yaml = "tables:\n  a: &base\n    rls: true\n    columns: &columns {id: uuid not null}\n  b: *base\n  \
                c: {<<: *base, rls: false}\n  d: {columns: {<<: *columns, name: text}}\n";
    let found = together(&[("s.yaml", yaml)], None).unwrap();
    let said: Vec<String> = found
        .checks
        .iter()
        .map(|e| format!("{} {}", e.subject, e.origin))
        .collect();
    assert_eq!(
        said,
        [
            "table public.a s.yaml:2:3",
            "table public.b s.yaml:5:3",
            "table public.c s.yaml:6:3",
            "table public.d s.yaml:7:3"
        ]
    );
    assert!(message("tables: {a: {<<: 5}}").contains("`<<` takes a mapping"));
}

#[test]
fn names_lie_in_the_schema_of_the_nearest_that_says_one() {
    let yaml = "schema: a\ntables:\n  schema: b\n  others: refused\n  items: {t: {}, u: {schema: c}, d.v: {schema: c}, /x/: {}}\n\
                enums: {e: [x]}\npolicies: {schema: b, items: {t: {p: {command: all}}}}\n";
    let found = together(&[("s.yaml", yaml)], None).unwrap();
    let said: Vec<String> = found.checks.iter().map(|e| e.subject.to_string()).collect();
    assert_eq!(
        said,
        [
            "table b.t",
            "table c.u",
            "table d.v",
            "table /x/",
            "tables in b",
            "enum a.e",
            "policy \"p\" on b.t",
            "policies b.t"
        ]
    );
}
