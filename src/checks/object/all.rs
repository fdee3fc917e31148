//! What a section says of all objects of its kind: how many there are, and that there are no others.

use std::marker::PhantomData;

use crate::catalog::{Identity, Kind, Kinds, Registered as _, Selection, Unread};

use super::super::language::{Name, Options, Others};
use super::super::{Check, Examiner, Facts};
use super::{Child, Object, counts, wanted};

/// How many there are, and that there are no others.
pub(super) struct All<E> {
    pub(super) schema: String,
    pub(super) options: Options,
    pub(super) listed: Vec<Name>,
    pub(super) kind: PhantomData<fn() -> E>,
}

impl<E: Object> All<E> {
    fn is_listed(&self, found: &E::Found, listed: &[Option<Identity>]) -> bool {
        let identity = found.identity();
        self.listed
            .iter()
            .zip(listed)
            .any(|(name, one)| match name {
                Name::Many(pattern) => {
                    pattern.matches(&self.schema, &identity.schema, &identity.name)
                }
                Name::One(_) => one.as_ref() == Some(&identity),
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
            counts(*found)
                && E::is_one(found)
                && (!E::IN_SCHEMA || found.identity().schema == self.schema)
        });
        if let Some(count) = &self.options.count {
            let number = all.clone().count();
            examiner.property(
                &E::PRESENCE.count,
                "number",
                count,
                count.value.hold(number as u64),
                count.value.to_string(),
                number.to_string(),
            );
        }
        if self
            .options
            .others
            .as_ref()
            .is_some_and(|o| o.value == Others::Refused)
        {
            let listed: Vec<Option<Identity>> = self
                .listed
                .iter()
                .map(|name| match name {
                    Name::One(name) => {
                        let wanted = wanted::<E>(name, &self.schema);
                        E::find(rows, &wanted).map(Kind::identity)
                    }
                    Name::Many(_) => None,
                })
                .collect();
            let others: Vec<(Identity, String)> = all
                .filter(|found| !self.is_listed(found, &listed))
                .map(|found| (found.identity(), E::like(found)))
                .collect();
            let advice = "List it, drop it, or write `others: allowed`.";
            examiner.no_others(&E::PRESENCE.unexpected, advice, &others);
        }
        Ok(())
    }
}

/// How many objects of tables there are, and that tables have no others.
pub(super) struct AllOnTables<E> {
    pub(super) schema: String,
    pub(super) options: Options,
    /// Schema, table and name.
    pub(super) listed: Vec<[String; 3]>,
    pub(super) kind: PhantomData<fn() -> E>,
}

impl<E: Child> Check for AllOnTables<E> {
    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<E::Found>()).within(&self.schema)
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let all = E::Found::of(facts.catalog)
            .known()?
            .iter()
            .filter(|found| counts(*found) && E::place(found)[0] == self.schema);
        if let Some(count) = &self.options.count {
            let number = all.clone().count();
            examiner.property(
                &E::PRESENCE.count,
                "number",
                count,
                count.value.hold(number as u64),
                count.value.to_string(),
                number.to_string(),
            );
        }
        if self
            .options
            .others
            .as_ref()
            .is_some_and(|o| o.value == Others::Refused)
        {
            let others: Vec<(Identity, String)> = all
                .filter(|found| !self.listed.iter().any(|l| l == &E::place(found)))
                .map(|found| (found.identity(), E::like(found)))
                .collect();
            let advice = "List it below its table, drop it, or write `others: allowed`.";
            examiner.no_others(&E::PRESENCE.unexpected, advice, &others);
        }
        Ok(())
    }
}
