//! A PostgREST that the environment names, on a database that is there to be thrown away.

use std::fs::File;

use reqwest::Url;

use super::Rest;
use crate::connect;

/// Where it is: its address, a secret or service key, and the database behind it, as `--target` names it.
pub(super) struct Named {
    pub(super) base: Url,
    pub(super) key: String,
    pub(super) database: String,
}

/// The one that the environment names.
pub(super) fn named() -> Option<Named> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let base = set("SUPAPROOF_TEST_REST_URL")?;
    let [key, database] = ["SUPAPROOF_TEST_REST_KEY", "SUPAPROOF_TEST_REST_DATABASE"].map(|name| {
        set(name).unwrap_or_else(|| panic!("{name} is missing beside SUPAPROOF_TEST_REST_URL"))
    });
    Some(Named {
        base: Url::parse(&base).unwrap(),
        key,
        database,
    })
}

/// Only one test at a time has it to itself.
pub(super) fn alone() -> File {
    let lock = File::create(std::env::temp_dir().join("supaproof-test-rest.lock")).unwrap();
    lock.lock().unwrap();
    lock
}

/// Takes away what lies in `public` and our ledger, which is what tests leave; all of it is lost, so that the database has to
/// say that it may be.
const EMPTY: &str = "do $empty$
declare
    command text;
begin
    for command in
        select format('drop %s if exists %s cascade', case p.prokind when 'p' then 'procedure' else 'function' end, p.oid::regprocedure)
        from pg_proc as p
        where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
          and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')
        union all
        select format('drop %s if exists %s cascade', case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end, c.oid::regclass)
        from pg_class as c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
          and not exists (select from pg_depend as d where d.objid = c.oid and d.deptype = 'e')
    loop
        execute command;
    end loop;
end
$empty$;
drop schema if exists supaproof cascade";

impl Rest {
    /// The database behind it as if no test had run.
    pub(super) fn empty(&self) {
        let marked = crate::block(async {
            let select = "select to_json(to_regnamespace('supaproof_throwaway') is not null)";
            let mut target = connect(&self.database).await;
            supaproof::target::Target::read_json(&mut target, "", select).await
        });
        assert_eq!(
            marked.unwrap(),
            true,
            "SUPAPROOF_TEST_REST_DATABASE has no schema supaproof_throwaway: is it one to be thrown away?"
        );
        self.sql(EMPTY);
    }
}
