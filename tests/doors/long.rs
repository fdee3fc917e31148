//! What is longer than a door carries goes in several messages.

use serde_json::Value;

use crate::api::StandIn;
use crate::matrix::Way;
use crate::support::{Project, Server};

/// A step with a comment of so many bytes in it.
fn step(name: &str, price: i32, bytes: usize) -> String {
    let comment = "x".repeat(bytes);
    format!(
        "  - name: {name}\n    run: insert /* {comment} */ into orders (id, price) values (1, {price})\n"
    )
}

/// Subject, outcome and reason of each result, and how many requests it took.
fn checked(way: &Way, project: &Project) -> (i32, Vec<[String; 3]>, usize) {
    let asked = way.asked.as_ref().unwrap();
    let before = asked.count();
    let run = way.run(project.path(), &["check", "shop", "--report", "json"]);
    let report: Value = serde_json::from_str(&run.out)
        .unwrap_or_else(|error| panic!("{error}: {} {}", run.code, run.err));
    let groups = report["suites"][0]["groups"].as_array().unwrap().iter();
    let results = groups.flat_map(|group| group["results"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let results =
        results.map(|result| ["subject", "outcome", "reason"].map(|name| text(&result[name])));
    (run.code, results.collect(), asked.count() - before)
}

#[test]
fn smoke_steps_go_in_several_messages_where_one_is_too_long() {
    let server = Server::start();
    server.sql(
        "postgres",
        "create table orders (id int primary key, at text default lower('A' || 'b'), price numeric not null check (price between 0 and 10), constraint filled check (trim(at) <> ''))",
    );
    let head = "suite: shop\ntitle: Shop\ntables:\n  orders:\n    columns: {price: numeric not null}\n    \
                checks: {filled: \"trim(at) <> ''\"}\nsmoke:\n";
    let few: String = (0..4)
        .map(|n| step(&format!("step {n}"), n * 5, 1_000))
        .collect();
    let project = Project::new(&[("validations/shop.yaml", &format!("{head}{few}"))]);
    let stand_in = StandIn::start(server.socket(), "postgres");
    let way = Way::management(&stand_in);
    let (short_code, short, requests) = checked(&way, &project);
    assert_eq!(requests, 2, "the catalog, and all that is asked beside it");
    let said: Vec<[&str; 2]> = short
        .iter()
        .map(|[subject, outcome, _]| [subject.as_str(), outcome.as_str()])
        .collect();
    // The price of the last one is too high.
    let [schema @ .., _, _, _, _] = &said[..] else {
        panic!("{said:?}")
    };
    assert!(
        schema.iter().all(|[_, outcome]| *outcome == "pass"),
        "{said:?}"
    );
    let steps = [
        ["step 0", "pass"],
        ["step 1", "pass"],
        ["step 2", "pass"],
        ["step 3", "fail"],
    ];
    assert_eq!(said[schema.len()..], steps);

    // Two of them go in one message, the question about the check in its own.
    let long: String = (0..4)
        .map(|n| step(&format!("step {n}"), n * 5, 1_200_000))
        .collect();
    project.write("validations/shop.yaml", format!("{head}{long}").as_bytes());
    let (code, results, requests) = checked(&way, &project);
    assert_eq!((code, &results), (short_code, &short));
    assert_eq!(requests, 4);

    // What no message can carry is an error of its own, and the others are tried all the same.
    let over = step("too long", 1, 4_000_000);
    project.write(
        "validations/shop.yaml",
        format!("{head}{few}{over}").as_bytes(),
    );
    let (code, mut results, _) = checked(&way, &project);
    assert_eq!(code, 5, "{results:?}");
    let [_, outcome, reason] = results.pop().unwrap();
    assert_eq!(outcome, "error");
    assert!(reason.contains("is too long for project"), "{reason}");
    assert_eq!(results, short);

    // The same by a session, which carries it.
    let target = server.target("postgres");
    let run = project.run(["check", "shop", "--target", &target]);
    assert_eq!(run.code, short_code, "{run:?}");
}
