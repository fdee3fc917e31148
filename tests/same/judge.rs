//! Expressions and types: what we call the same must be the same to the server.

use supaproof::catalog::{self, Catalog, Selection};
use supaproof::meaning::{self, Names, canon};

use crate::generate::{Dice, TABLE, neighbour, truth};
use crate::support::Server;

/// What the server makes of an expression as a policy's, and of a text as a default: null where it refuses.
const DEPARSE: &str = "
    create function public.deparse(e text) returns text language plpgsql as $$
    declare printed text;
    begin
        set local search_path = public, extensions;
        execute format('create policy k on public.t using (%s)', e);
        set local search_path = '';
        select pg_get_expr(polqual, polrelid) into printed from pg_policy where polname = 'k';
        execute 'drop policy k on public.t';
        return printed;
    exception when others then
        return null;
    end $$;
    create function public.deparse_default(c text, e text) returns text language plpgsql as $$
    declare printed text;
    begin
        set local search_path = public, extensions;
        execute format('alter table public.t alter %I set default %s', c, e);
        set local search_path = '';
        select pg_get_expr(d.adbin, d.adrelid) into printed from pg_attrdef d
          join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
         where d.adrelid = 'public.t'::regclass and a.attname = c;
        execute format('alter table public.t alter %I drop default', c);
        return coalesce(printed, 'NULL');
    exception when others then
        return null;
    end $$;
    create function public.type_of(t text) returns text language plpgsql as $$
    declare printed text;
    begin
        set local search_path = public, extensions;
        execute format('create temporary table typed (c %s) on commit drop', t);
        set local search_path = '';
        select format_type(atttypid, atttypmod) into printed from pg_attribute
         where attrelid = 'pg_temp.typed'::regclass and attname = 'c';
        drop table pg_temp.typed;
        return printed;
    exception when others then
        return null;
    end $$;";

pub(crate) struct Judge {
    server: Server,
    catalog: Catalog,
}

impl Judge {
    pub(crate) fn each() -> impl Iterator<Item = Self> {
        Server::each().map(Self::on)
    }

    fn on(server: Server) -> Self {
        server.sql("postgres", TABLE);
        let extension = "create extension if not exists citext schema extensions";
        server.sql("postgres", extension);
        server.sql("postgres", DEPARSE);
        let document = server.json(
            "postgres",
            &catalog::statement(&Selection::of(Names::NEEDS)),
        );
        let catalog = Catalog::parse(document).unwrap();
        Self { server, catalog }
    }

    pub(crate) fn names(&self) -> Names<'_> {
        Names::of_table(&self.catalog, "public", "t").unwrap()
    }

    /// One query for all: what the server prints.
    pub(crate) fn ask(&self, call: &str, texts: &[String]) -> Vec<Option<String>> {
        let rows: Vec<String> = texts
            .iter()
            .map(|t| supaproof::sql::quote_literal(t))
            .collect();
        let sql = format!(
            "select json_agg({call} order by n) from unnest(array[{}]::text[]) with ordinality u(e, n)",
            rows.join(",\n")
        );
        serde_json::from_value(self.server.json("postgres", &sql)).unwrap()
    }

    pub(crate) fn type_of_column(&self, name: &str) -> String {
        let mut columns = self.catalog.columns_of("public", "t").unwrap();
        columns.find(|c| c.name == name).unwrap().r#type.clone()
    }

    pub(crate) fn deparse(&self, texts: &[String]) -> Vec<Option<String>> {
        self.ask("public.deparse(e)", texts)
    }
}

/// How many expressions; more, with another seed, to look longer than a test may.
pub(crate) fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |v| v.parse().unwrap())
}

/// An expression, what the server prints of it, and what it prints of that: there BETWEEN is an AND like others.
struct Case {
    written: String,
    printed: String,
    settled: String,
}

fn cases(judge: &Judge, mut written: Vec<String>) -> Vec<Case> {
    written.sort();
    written.dedup();
    let printed = judge.deparse(&written);
    let (written, printed): (Vec<String>, Vec<String>) = written
        .into_iter()
        .zip(printed)
        .filter_map(|(w, p)| Some((w, p?)))
        .unzip();
    let settled = judge.deparse(&printed);
    written
        .into_iter()
        .zip(printed)
        .zip(settled)
        .map(|((written, printed), settled)| Case {
            written,
            settled: settled.unwrap_or_else(|| printed.clone()),
            printed,
        })
        .collect()
}

#[test]
fn no_two_expressions_are_called_the_same_that_the_server_tells_apart() {
    for judge in Judge::each() {
        let names = judge.names();
        let mut dice = Dice::new(setting("SUPAPROOF_TEST_SEED", 1));
        let count = setting("SUPAPROOF_TEST_CASES", 300);
        let mut written = Vec::new();
        for n in 0..count {
            let expression = truth(&mut dice, n as usize % 4);
            for _ in 0..2 {
                written.push(neighbour(&mut dice, &expression));
            }
            written.push(expression);
        }
        let cases = cases(&judge, written);
        assert!(
            cases.len() as u64 > count / 2,
            "too few valid expressions: {}",
            cases.len()
        );

        let mut wrong = Vec::new();
        let mut compare = |a: &Case, b: &Case| {
            if meaning::same_expression(&a.written, &b.printed, &names)
                && !canon::same_printed(&a.settled, &b.settled)
            {
                wrong.push(format!(
                    "`{}` ({}) and `{}`",
                    a.written, a.printed, b.printed
                ));
            }
        };
        // Neighbours in the alphabet are alike; the small ones are all compared with each other.
        for window in cases.windows(12) {
            for other in &window[1..] {
                compare(&window[0], other);
                compare(other, &window[0]);
            }
        }
        let mut small: Vec<&Case> = cases.iter().collect();
        small.sort_by_key(|c| c.written.len());
        small.truncate(120);
        for a in &small {
            for b in &small {
                compare(a, b);
            }
        }
        let known = cases
            .iter()
            .filter(|c| meaning::same_expression(&c.written, &c.printed, &names))
            .count();
        println!(
            "{} valid expressions, {known} recognised as the server prints them",
            cases.len()
        );
        if std::env::var_os("SUPAPROOF_TEST_SHOW").is_some() {
            let mut unknown: Vec<&Case> = cases
                .iter()
                .filter(|c| !meaning::same_expression(&c.written, &c.printed, &names))
                .collect();
            unknown.sort_by_key(|c| c.written.len());
            for case in unknown.iter().take(150) {
                println!("not recognised: {}  --  {}", case.written, case.printed);
            }
        }
        assert!(
            wrong.is_empty(),
            "{} called the same:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}
