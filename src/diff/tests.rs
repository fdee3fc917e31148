use super::*;

fn catalog(inventory: &[(&str, &str)]) -> Catalog {
    let entry = |(kind, identity): &(&str, &str)| InventoryEntry {
        schema: None,
        r#type: (*kind).to_owned(),
        identity: (*identity).to_owned(),
        owner: None,
        privileges: None,
        comment: None,
        definition: None,
        part_of: (*identity == "public.soundex(text)")
            .then(|| "extension fuzzystrmatch".to_owned()),
    };
    Catalog {
        inventory: inventory.iter().map(entry).collect(),
        ..Catalog::default()
    }
}

fn added(inventory: &[(&str, &str)]) -> Vec<String> {
    let changes = changes(&Catalog::default(), &catalog(inventory));
    changes.iter().map(ToString::to_string).collect()
}

#[test]
fn parts_come_with_their_whole() {
    let parts = [
        ("default value", "for public.t.id"),
        ("column privileges", "public.t.id"),
        ("trigger", "touch on public.t"),
        ("policy", "\"on call\" on public.t"),
        ("role membership", "anon in visitor"),
        ("setting", "role visitor "),
        ("setting", "role visitor in the database"),
    ];
    assert_eq!(
        added(&parts).len(),
        parts.len(),
        "by themselves they are named"
    );
    let wholes = [("table", "public.t"), ("role", "visitor")];
    let all = [&parts[..], &wholes[..]].concat();
    assert_eq!(
        added(&all),
        ["role visitor was added", "table public.t was added"]
    );
    let gone: Vec<String> = changes(&catalog(&all), &Catalog::default())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        gone,
        ["role visitor was removed", "table public.t was removed"]
    );
}

#[test]
fn what_belongs_to_another_table_is_named() {
    let names = added(&[
        ("table", "public.t"),
        ("trigger", "touch on public.tt"),
        ("column privileges", "public.tt.id"),
        ("setting", "role anon in the database"),
    ]);
    assert_eq!(names.len(), 4, "{names:?}");
}

/// Spaces and quotes tell names apart, but for those that only the inventory has.
#[test]
fn names_that_look_alike_stay_two() {
    let names = added(&[
        ("policy", "\"read all\" on public.t"),
        ("policy", "readall on public.t"),
    ]);
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn what_belongs_to_an_extension_comes_with_it() {
    let member = ("function", "public.soundex(text)");
    assert_eq!(
        added(&[member]),
        ["function public.soundex(text) was added"]
    );
    let both = [member, ("extension", "fuzzystrmatch")];
    assert_eq!(added(&both), ["extension fuzzystrmatch was added"]);
}
