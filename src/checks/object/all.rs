//! What a section says of all objects of its kind: how many there are, and that there are no others.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use crate::catalog::{Identity, Kind, Kinds, Registered as _, Selection, Unread};
use crate::source::Located;

use super::super::language::{Bounds, Name};
use super::super::{Check, Code, Examiner, Facts, Listed};
use super::{Child, Object, brought_by_nobody, counts, is_ledger, wanted};

/// How many there are, and that there are no others.
pub(super) struct All<E> {
    pub(super) schema: String,
    pub(super) count: Option<Located<Bounds>>,
    /// What the suite's files name.
    pub(super) listed: Vec<(String, Name)>,
    /// Whether there are to be no others.
    pub(super) refused: bool,
    pub(super) kind: PhantomData<fn() -> E>,
}

impl<E> All<E> {
    fn names(&self, identity: &Identity) -> bool {
        let mut listed = self.listed.iter();
        listed.any(|(schema, name)| match name {
            Name::One(one) => one.name == identity.name && one.schema_or(schema) == identity.schema,
            Name::Many(_) => false,
        })
    }
}

impl<E: Object> Check for All<E> {
    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<E::Found>()).within(&self.schema)
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let rows = E::Found::of(facts.catalog).known()?;
        let all = rows.iter().filter(|found| {
            let identity = found.identity();
            brought_by_nobody(*found)
                && E::is_one(found)
                && (!E::IN_SCHEMA || identity.schema == self.schema)
                // A ledger counts where the suite speaks of it.
                && (!is_ledger(&identity, facts.catalog) || self.names(&identity))
        });
        number(
            &E::PRESENCE.count,
            &self.count,
            all.clone().count(),
            examiner,
        );
        if !self.refused {
            return Ok(());
        }
        let (mut known, mut patterns) = (BTreeSet::new(), Vec::new());
        for (schema, name) in &self.listed {
            match name {
                Name::One(name) => {
                    let found = E::find(facts.catalog, &wanted::<E>(name, schema))?;
                    known.extend(found.map(Kind::identity));
                }
                Name::Many(pattern) => patterns.push((schema, pattern)),
            }
        }
        let is_listed = |identity: &Identity| {
            let Identity { schema, name, .. } = identity;
            let mut patterns = patterns.iter();
            known.contains(identity) || patterns.any(|(own, p)| p.matches(own, schema, name))
        };
        let others: Vec<(Identity, String)> = all
            .map(|found| (found.identity(), found))
            .filter(|(identity, _)| !is_listed(identity))
            .map(|(identity, found)| (identity, E::like(found)))
            .collect();
        let advice = "List it, drop it, or write `others: allowed`.";
        examiner.no_others(&E::PRESENCE.unexpected, advice, &others);
        Ok(())
    }
}

fn number(
    code: &Code,
    count: &Option<Located<Bounds>>,
    number: usize,
    examiner: &mut Examiner<'_>,
) {
    if let Some(count) = count {
        examiner.property(
            code,
            "number",
            count,
            count.value.hold(number as u64),
            count.value.to_string(),
            number.to_string(),
        );
    }
}

/// How many objects of tables there are, and that tables have no others.
pub(super) struct AllOnTables<E> {
    pub(super) schema: String,
    pub(super) count: Option<Located<Bounds>>,
    /// Those that the suite's files name, where there are to be no others.
    pub(super) listed: Option<Listed>,
    pub(super) kind: PhantomData<fn() -> E>,
}

impl<E: Child> Check for AllOnTables<E> {
    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<E::Found>()).within(&self.schema)
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let rows = E::Found::of(facts.catalog).known()?.iter();
        let all = rows.filter(|found| {
            let [schema, table, _] = E::place(found);
            schema == self.schema
                && counts(*found, facts.catalog)
                && !facts.catalog.server.keeps(schema, table)
        });
        number(
            &E::PRESENCE.count,
            &self.count,
            all.clone().count(),
            examiner,
        );
        let Some(listed) = &self.listed else {
            return Ok(());
        };
        let others: Vec<(Identity, String)> = all
            .filter(|found| !listed.has(E::place(found)))
            .map(|found| (found.identity(), E::like(found)))
            .collect();
        let advice = "List it below its table, drop it, or write `others: allowed`.";
        examiner.no_others(&E::PRESENCE.unexpected, advice, &others);
        Ok(())
    }
}
