mod files;

use std::collections::BTreeSet;

use super::*;
use crate::catalog::{self, Catalog, Column, Constraint, Enum, Index, Kinds, Selection, Table};
use crate::checks::{Expectation, Facts, Outcome};

fn message(yaml: &str) -> String {
    let source = Source::new("validations/s.yaml", yaml);
    let error = parse(&source, "s").unwrap_err();
    assert_eq!(error.code(), crate::error::ExitCode::Usage);
    let place = error
        .origin()
        .map_or_else(|| "?".to_owned(), ToString::to_string);
    format!(
        "{place}: {} | {}",
        error.message(),
        error.help_text().unwrap_or_default()
    )
}

#[test]
fn a_whole_file_is_read_in_the_order_of_the_report() {
    let source = Source::new(
        "validations/s.yaml",
        "suite: s\ntitle: T\nrequires:\n  functions:\n    f(): {help: run it}\nenums:\n  e: [a, b]\ntables:\n  t: {rls: true, columns: {id: uuid not null}}\n",
    );
    let found = parse(&source, "s").unwrap();
    assert_eq!(found.title, "T");
    let subjects: Vec<String> = found.checks.iter().map(|e| e.subject.to_string()).collect();
    assert_eq!(
        subjects,
        ["function public.f()", "table public.t", "enum public.e"]
    );
    assert!(found.checks[0].required && !found.checks[1].required);
    assert_eq!(found.checks[2].origin.to_string(), "validations/s.yaml:7:3");
}

#[test]
fn an_unknown_key_names_the_nearest() {
    assert_eq!(
        message("tables:\n  t:\n    colums: {}\n"),
        "validations/s.yaml:3:5: unknown key `colums` | Did you mean `columns`?"
    );
    assert_eq!(
        message("tabels: {}\n"),
        "validations/s.yaml:1:1: unknown key `tabels` | Did you mean `tables`?"
    );
    assert!(message("tables:\n  t: {zzz: 1}\n").contains("Known here: owner, rls"));
}

#[test]
fn a_wrong_value_says_what_was_expected() {
    assert_eq!(
        message("policies:\n  items:\n    t:\n      p: {command: selct}\n"),
        "validations/s.yaml:4:20: unknown value `selct` | Did you mean `select`?"
    );
    let found = message("tables:\n  t:\n    rls: perhaps\n");
    assert!(found.starts_with("validations/s.yaml:3:10: "), "{found}");
    let found = message("tables: [a]\n");
    assert!(found.starts_with("validations/s.yaml:1:9: "), "{found}");
    let found = message("tables:\n  t:\n    columns:\n      id: uuid primary key\n");
    assert!(found.starts_with("validations/s.yaml:4:11: "), "{found}");
    assert!(
        found.contains("`primary key` is not understood here"),
        "{found}"
    );
}

#[test]
fn a_duplicate_key_points_at_the_second() {
    assert_eq!(
        message("tables:\n  t: {}\n  u: {}\n  t: {}\n"),
        "validations/s.yaml:4:3: the key `t` stands here twice | YAML would keep one of the two: remove or rename the other."
    );
}

#[test]
fn nothing_where_a_text_belongs_is_said_in_words_of_people() {
    for (yaml, says) in [
        (
            "smoke: [{name: ~, run: select 1}]\n",
            "expected a text, found nothing",
        ),
        ("enums: {a: [~]}\n", "expected a text, found nothing"),
        ("tables: {~: {}}\n", "expected a text, found nothing"),
        (
            "tables: &a {b: *a}\n",
            "this alias stands within what its anchor marks",
        ),
        ("tables: {b: {rls: , owner: }}\n", "this key is left empty"),
        (
            "event_triggers: {schema: app, items: {e: present}}\n",
            "event triggers lie in no schema",
        ),
        (
            "default_privileges: {schema: app, items: {for role r on tables: present}}\n",
            "default privileges lie in no schema",
        ),
        ("roles: {r: {schema: app}}\n", "roles lie in no schema"),
    ] {
        let found = message(yaml);
        assert!(found.contains(says), "{yaml}: {found}");
        assert!(
            found.starts_with("validations/s.yaml:1:"),
            "{yaml}: {found}"
        );
        assert!(!found.contains("Option"), "{yaml}: {found}");
    }
}

#[test]
fn a_pattern_is_refused_where_names_are_written_out() {
    for yaml in [
        "tables: {t: {foreign_keys: {'*': absent}}}",
        "domains: {d: {checks: {'p*': value > 0}}}",
        "composite_types: {c: {attributes: {'/a/': text}}}",
        "publications: {p: {tables: {'app.*': absent}}}",
        "grants: {'an*': {t: none}}",
        "grants: {anon: {'t (id, n*)': none}}",
        "default_privileges: {for role r on tables: {grants: {'an*': none}}}",
        "text_search_configurations: {c: {mappings: {'*': []}}}",
        "text_search_dictionaries: {c: {options: {'*': a}}}",
    ] {
        let found = message(yaml);
        assert!(
            found.contains("no patterns are taken here"),
            "{yaml}: {found}"
        );
        let key = yaml.find(['*', '/']).unwrap();
        let place = found.split(':').nth(2).unwrap().parse::<usize>().unwrap();
        assert!((2..=key + 1).contains(&place), "{yaml}: {found}");
    }
    for yaml in [
        "tables: {//: absent}",
        "tables: {t: {columns: {//: absent}}}",
        "policies: {//: {p: absent}}",
        "tables: {t: {columns: {'/(/': absent}}}",
        "triggers: {t: {'/(/': absent}}",
    ] {
        let found = message(yaml);
        assert!(found.contains("regular expression"), "{yaml}: {found}");
    }
}

#[test]
fn one_function_has_one_place_and_its_parentheses_are_closed() {
    for yaml in [
        "functions: {'f1(int, text)': {}, 'f1(integer,text)': {}}",
        "functions: {'f(varchar(3))': {}, 'public.f(character varying(3))': {}}",
    ] {
        let found = message(yaml);
        assert!(
            found.contains("two places say what is expected of the function"),
            "{yaml}: {found}"
        );
    }
    let yaml =
        "functions: {'f(int)': {}, 'f(text)': {}, 'f(int, int)': {}, f: {}, 'app.f(int)': {}}";
    parse(&Source::new("validations/s.yaml", yaml), "s").unwrap();
    for (yaml, key) in [
        ("functions: {f(int, text): {}}", "`f(int`"),
        (
            "casts: {'text as varchar(3': present}",
            "`text as varchar(3`",
        ),
    ] {
        let found = message(yaml);
        assert!(
            found.contains("a parenthesis without its other one") && found.contains(key),
            "{yaml}: {found}"
        );
    }
    let yaml = "tables: {'a(': {}, '\"b)(\"': {}}";
    parse(&Source::new("validations/s.yaml", yaml), "s").unwrap();
}

#[test]
fn broken_yaml_points_at_the_place() {
    for yaml in [
        "tables:\n  t: {rls: true\n",
        "tables:\n\t- x\n",
        "a: b: c\n",
        "\"unclosed\n",
        "*x\n",
        "suite: [\n",
    ] {
        let found = message(yaml);
        assert!(
            found.starts_with("validations/s.yaml:"),
            "{yaml:?}: {found}"
        );
        assert!(!found.contains("line "), "the place is said twice: {found}");
    }
}

#[test]
fn a_file_of_another_suite_is_refused() {
    assert!(message("suite: other\n").starts_with("validations/s.yaml:1:8: this file says"));
}

#[test]
fn an_empty_file_expects_nothing() {
    let source = Source::new("validations/s.yaml", "\n# nothing yet\n");
    assert!(parse(&source, "s").unwrap().checks.is_empty());
    let source = Source::new("validations/s.yaml", "");
    assert!(parse(&source, "s").unwrap().checks.is_empty());
}

#[test]
fn a_table_with_policies_is_asked_for_others_once() {
    let subjects = |yaml: &str| -> Vec<String> {
        let source = Source::new("validations/s.yaml", yaml);
        let found = parse(&source, "s").unwrap();
        let mut out = found.checks.iter();
        std::iter::from_fn(|| out.next().map(|e| format!("{} {}", e.subject, e.origin)))
            .filter(|subject| subject.starts_with("policies"))
            .collect()
    };
    let list = "items:\n    t: {p: {command: all}}\n    public.t: {q: {command: all}}\n    u: {}\n";
    assert_eq!(
        subjects(&format!("policies:\n  {list}")),
        [
            "policies public.t validations/s.yaml:3:5",
            "policies public.u validations/s.yaml:5:5"
        ]
    );
    // Row-level security of a table with policies is another matter, unless its table speaks of it.
    let allowed = format!("policies:\n  others: allowed\n  {list}");
    assert_eq!(subjects(&allowed).len(), 1);
    let both = format!("tables:\n  t: {{rls: true}}\n{allowed}");
    assert!(subjects(&both).is_empty());
    assert!(message("policies:\n  others: any\n  items: {}\n").contains("unknown value `any`"));
}

const OF_EVERY_KIND: &str = "
schemas: {app: {}}
tables:
  t:
    rls: true
    columns: {id: uuid not null default gen_random_uuid()}
    primary_key: [id]
    unique: [[id]]
    foreign_keys: {id: auth.users (id)}
    checks: {positive: id > 0}
extensions: {x: '>= 1'}
views: {v: select 1}
materialized_views: {m: select 1}
sequences: {s: start 5}
enums: {e: [a]}
domains: {d: text not null}
composite_types: {c: (a text)}
ranges: {r: text}
collations: {c: {locale: C}}
casts: {text as t: with inout}
operators: {'*(t, t)': {function: f}}
text_search_configurations: {c: {parser: default}}
text_search_dictionaries: {d: {template: simple}}
rules: {items: {t: {r: on delete do instead nothing}}}
event_triggers: {e: {event: sql_drop}}
indexes: {items: {i: {table: auth.t, columns: [id]}}}
statistics: {s: {columns: [a, lower(b)]}}
policies: {items: {t: {p: {command: all, using: 'true'}}, storage.objects: {}}}
triggers: {items: {t: {g: {timing: before, events: [update], function: f()}}}}
functions: {f(): {returns: trigger}}
roles: {r: login}
grants: {anon: {t: none}}
default_privileges: {for role r on tables: present}
settings: {database: {a.b: c}}
database: {encoding: UTF8}
publications: {p: present}
foreign_data_wrappers: {w: present}
foreign_servers: {s: present}
foreign_tables: {t: present}
user_mappings: {for r on server s: present}
security_labels: {p on table t: text}
buckets: {b: absent}
cron_jobs: {j: absent}
vault_secrets: {s: absent}
";

#[test]
fn nothing_passes_where_nothing_was_read() {
    let expectations = parse(&Source::new("s.yaml", OF_EVERY_KIND), "s").unwrap();
    let catalog = Catalog::default();
    let mut kinds = BTreeSet::new();
    for expectation in &expectations.checks {
        let (outcome, _) = expectation.examine(&Facts {
            canon: &crate::meaning::canon::Canon::default(),
            catalog: &catalog,
            target: "embedded",
        });
        assert!(
            matches!(&outcome, Outcome::Error(error) if error.contains("were not read")),
            "{expectation:?}: {outcome:?}"
        );
        kinds.insert(expectation.heading.noun);
    }
    assert_eq!(kinds.len(), crate::checks::CODES.len(), "one of every kind");
}

#[test]
fn an_expectation_says_what_it_needs() {
    let expectations = parse(&Source::new("s.yaml", OF_EVERY_KIND), "s").unwrap();
    let needs = |kind: &str| {
        let of_kind = expectations
            .checks
            .iter()
            .filter(|e| e.subject.kind == kind);
        of_kind
            .map(Expectation::needs)
            .fold(Selection::default(), Selection::with)
    };
    assert_eq!(needs("enum"), Selection::of(Kinds::of::<Enum>()));
    let tables = needs("table");
    assert!(tables.contains::<Table>() && tables.contains::<Constraint>());
    assert!(tables.contains::<Column>() && !tables.contains::<Index>());
    let read = |selection: &Selection, schema: &str| {
        !catalog::query(selection).contains(&format!("'{schema}'"))
    };
    assert!(
        !read(&tables, "auth"),
        "a referenced table is not looked at"
    );
    assert!(read(&needs("index"), "auth") && !read(&needs("index"), "storage"));
    assert!(read(&needs("policies"), "storage"));
}

#[test]
fn what_multiplies_without_end_is_refused() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (one, next) in "abcdefgh".chars().zip("bcdefghi".chars()) {
        bomb.push_str(&format!(
            "{next}: &{next} [{}]\n",
            vec![format!("*{one}"); 9].join(", ")
        ));
    }
    // A key of no meaning is looked through in search of the profiles, and refused without them.
    assert!(message(&bomb).contains("unknown key `a`"));
    let found = message(&format!("{bomb}profiles: {{}}\n"));
    assert!(found.contains("stand for more than can be read"), "{found}");
    let columns: String = (0..500).map(|n| format!("c{n}: text, ")).collect();
    let tables: String = (0..500).map(|n| format!("  t{n}: *t\n")).collect();
    let found = message(&format!(
        "tables:\n  t: &t {{columns: {{{columns}}}}}\n{tables}"
    ));
    assert!(found.contains("stand for more than can be read"), "{found}");
    for deep in [
        format!("x: {}{}", "{a: ".repeat(100), "}".repeat(100)),
        format!("x: {}", "[".repeat(100_000)),
    ] {
        let found = message(&format!("profiles: {{}}\n{deep}\n"));
        assert!(found.contains("nested more than 64 levels"), "{found}");
    }
    let block: String = (1..200).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    let block = format!("profiles: {{}}\nx:\n{block}");
    assert!(
        message(&block).contains("nested more than"),
        "{}",
        message(&block)
    );
}
