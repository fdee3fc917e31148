//! Texts that only the server understands, through the whole program: what means the same passes, what does not is
//! reported, and where nobody could tell, the finding says so.

use crate::support::{Project, Run, Server};

const SCHEMA: &str = "
    create table public.members (user_id uuid, org integer);
    create table public.orders (
        id integer primary key, org integer, name varchar(20), note text,
        due interval default '1 week', label text generated always as (coalesce(name, note)) stored,
        check (coalesce(name, note) <> ''), constraint named check (case org when 1 then name = 'x' else true end));
    alter table public.orders enable row level security;
    create policy own on public.orders using (org in (select org from members where user_id = auth.uid()));
    create index by_name on public.orders ((coalesce(name, note)) desc) where trim(note) <> '';
    create function public.fire() returns trigger language plpgsql as 'begin return new; end';
    create trigger changed after update on public.orders for each row when (old.* is distinct from new.*) execute function fire();";

const YAML: &str = "suite: shop
tables:
  orders:
    columns:
      due: interval default '7 days'
      label:
        type: text
        generated: coalesce(name, note)
    checks:
      named: case org when (1) then name = 'x' else true end
policies:
  items:
    orders:
      own:
        command: all
        using: org in (select m.org from public.members m where m.user_id = auth.uid())
indexes:
  items:
    by_name:
      table: orders
      columns: ['(coalesce(name, note)) desc nulls first']
      where: trim(both from note) <> ''
triggers:
  items:
    orders:
      changed:
        timing: after
        events: [update]
        function: fire()
        when: OLD.* is distinct from NEW.*
smoke:
  - name: An order can be placed
    run: insert into orders (id, name) values (1, 'x')
";

struct Bed {
    server: Server,
    project: Project,
}

impl Bed {
    fn each() -> impl Iterator<Item = Self> {
        Server::each().map(|server| {
            server.sql("postgres", SCHEMA);
            let project = Project::new(&[]);
            Self { server, project }
        })
    }

    fn check(&self, yaml: &str, more: &[&str]) -> Run {
        self.project.write("validations/shop.yaml", yaml.as_bytes());
        let target = self.server.target("postgres");
        let args = ["check", "shop", "--target", &target];
        self.project.run([&args[..], more].concat())
    }
}

#[test]
fn other_words_pass_and_others_do_not() {
    for bed in Bed::each() {
        // The alias of the subquery is a name: it is printed, and counts.
        let yaml = YAML
            .replace(
                "select m.org from public.members m",
                "select org from public.members",
            )
            .replace("m.user_id", "members.user_id");
        let run = bed.check(&yaml, &[]);
        assert_eq!(run.code, 0, "{}\n{}", run.out, run.err);
        for (from, to, line) in [
            (
                "'7 days'",
                "'8 days'",
                "column public.orders.due default: expected '8 days', found '7 days'::interval",
            ),
            (
                "coalesce(name, note)\n",
                "coalesce(note, name)\n",
                "column public.orders.label generation: expected coalesce(note, name)",
            ),
            (
                "when (1)",
                "when 2",
                "constraint named on public.orders expression: expected case org when 2",
            ),
            (
                "= auth.uid()",
                "<> auth.uid()",
                "policy \"own\" on public.orders using: expected org in",
            ),
            (
                "desc nulls first",
                "desc nulls last",
                "index public.by_name columns: expected ((coalesce(name, note)) desc nulls last)",
            ),
            (
                "trim(both",
                "trim(leading",
                "index public.by_name predicate: expected trim(leading",
            ),
            (
                "OLD.* is",
                "OLD.* is not",
                "trigger changed on public.orders when: expected OLD.* is not distinct",
            ),
            (
                "interval default",
                "\"interval(3) default",
                "column public.orders.due type: expected interval(3)",
            ),
        ] {
            let changed = yaml.replace(from, to).replace(
                "\"interval(3) default '7 days'",
                "interval(3) default '7 days'",
            );
            assert_ne!(changed, yaml);
            let run = bed.check(&changed, &[]);
            assert_eq!(run.code, 1, "{to}: {}\n{}", run.out, run.err);
            let found: Vec<&str> = run
                .out
                .lines()
                .filter(|l| l.contains(": expected "))
                .collect();
            assert_eq!(found.len(), 1, "{}", run.out);
            assert!(found[0].contains(line), "{}", run.out);
            assert!(!run.out.contains("note:"), "{}", run.out);
            assert!(run.out.contains("An order can be placed"), "{}", run.out);
        }
    }
}

#[test]
fn a_finding_says_where_meaning_was_not_decided() {
    for bed in Bed::each() {
        let wrong = YAML.replace("when (1)", "whenn (1)");
        let run = bed.check(&wrong, &[]);
        assert_eq!(run.code, 1, "{}\n{}", run.out, run.err);
        let note = "note: compared as text, since the server does not take what is expected: syntax error at or near \"whenn\"";
        assert!(run.out.contains(note), "{}", run.out);
        let json = bed.check(&wrong, &["--report", "json"]).out;
        assert!(
            json.contains("\"note\": \"compared as text, since the server"),
            "{json}"
        );

        // A role that may not write is told what could not be decided; what the text decides passes.
        bed.server.sql(
            "postgres",
            "alter role postgres set default_transaction_read_only = on",
        );
        let run = bed.check(YAML.split("smoke:").next().unwrap(), &[]);
        assert_eq!(run.code, 1, "{}\n{}", run.out, run.err);
        let note = "note: compared as text, since the server cannot tell: cannot execute CREATE VIEW in a read-only transaction";
        assert!(run.out.contains(note), "{}", run.out);
    }
}
