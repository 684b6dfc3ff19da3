//! Requests and answers, as a page writes and reads them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use kqlite_wasm::Playground;
use serde_json::{Value as Json, json};

fn ask(playground: &mut Playground, request: &Json) -> Json {
    serde_json::from_str(&playground.answer(&request.to_string())).unwrap()
}

const NOW: &str = "2024-06-30T12:00:00Z";

fn with_table() -> Playground {
    let mut it = Playground::new();
    let text = "user,size\nann,3\nbob,7\n";
    let loaded = ask(&mut it, &json!({"do": "load", "name": "T", "format": "csv", "text": text}));
    let columns = json!([{"name": "user", "type": "string"}, {"name": "size", "type": "long"}]);
    assert_eq!(loaded, json!({"tables": [{"name": "T", "rows": 2, "columns": columns}], "notes": []}));
    it
}

#[test]
fn a_run_gives_tables_and_charts() {
    let mut it = with_table();
    let ran =
        ask(&mut it, &json!({"do": "run", "query": "T | render columnchart", "now": NOW, "width": 400}));
    assert_eq!(ran["tables"][0]["rows"], json!([["ann", "3"], ["bob", "7"]]));
    assert!(ran["tables"][0]["chart"].as_str().unwrap().contains("width=\"400\""));
    let ran = ask(
        &mut it,
        &json!({"do": "run", "query": "print at = now(), no = int(null) | render timechart", "now": NOW}),
    );
    assert_eq!(ran["tables"][0]["rows"], json!([["2024-06-30T12:00:00Z", null]]));
    let ran = ask(&mut it, &json!({"do": "run", "query": "T | project user | render timechart", "now": NOW}));
    assert!(ran["tables"][0]["chart"].is_null());
    assert!(ran["tables"][0]["chartError"].as_str().unwrap().starts_with("timechart needs"), "{ran}");
}

#[test]
fn places_count_as_a_page_does() {
    // The letter before the mistake takes four bytes and two units of UTF-16.
    let query = "T | where user == '😀' and sise > 1";
    let found = ask(&mut with_table(), &json!({"do": "check", "query": query}));
    let first = &found["diagnostics"][0];
    assert_eq!((first["code"].as_str(), first["severity"].as_str()), (Some("KQL0101"), Some("error")));
    let units: Vec<u16> = query.encode_utf16().collect();
    let place = |name: &str| usize::try_from(first["labels"][0][name].as_u64().unwrap()).unwrap();
    assert_eq!(String::from_utf16_lossy(&units[place("from")..place("to")]), "sise");
    assert!(first["help"].to_string().contains("did you mean"), "{first}");
}

#[test]
fn what_may_stand_at_a_place_is_proposed() {
    let mut it = with_table();
    let mut complete = |query: &str| {
        let at = query.encode_utf16().count();
        ask(&mut it, &json!({"do": "complete", "query": query, "at": at}))
    };
    let found = complete("T | where user == '😀' and si");
    assert_eq!((found["from"].as_u64(), found["to"].as_u64()), (Some(27), Some(29)));
    let first = &found["items"][0];
    assert_eq!(
        (first["label"].as_str(), first["kind"].as_str(), first["detail"].as_str()),
        (Some("size"), Some("column"), Some("long"))
    );
    let found = complete("T | summ");
    assert_eq!(found["items"][0]["label"], "summarize");
    assert!(found["items"][0]["summary"].is_string());
}

#[test]
fn explain_and_why_tell_the_steps() {
    let mut it = with_table();
    let query = "T | where size > 5 | project user";
    let explained = ask(&mut it, &json!({"do": "explain", "query": query, "now": NOW}));
    let steps = &explained["explanation"]["pipelines"][0]["steps"];
    assert_eq!(steps[1]["summary"], "kept 1 of 2 rows");
    let why = ask(&mut it, &json!({"do": "why", "query": query, "now": NOW, "table": "T", "row": 0}));
    assert_eq!(why["why"]["fates"][0]["summary"], "vanishes at step 2: `size > 5` is false: size is 3");
    let wrong = ask(&mut it, &json!({"do": "explain", "query": "T | were x", "now": NOW}));
    assert_eq!(wrong["diagnostics"][0]["severity"], "error");
}

#[test]
fn a_name_is_explained() {
    let mut it = Playground::new();
    let found = ask(&mut it, &json!({"do": "docs", "word": "summarize"}));
    assert_eq!(found["found"][0]["name"], "summarize");
    assert!(!found["found"][0]["examples"].as_array().unwrap().is_empty());
    for word in ["strlen", "dcount", "bag_unpack"] {
        assert_eq!(ask(&mut it, &json!({"do": "docs", "word": word}))["found"][0]["name"], word);
    }
    assert_eq!(
        ask(&mut it, &json!({"do": "docs", "word": "strlne"})),
        json!({"found": [], "similar": "strlen"})
    );
}

#[test]
fn lessons_are_opened_and_judged() {
    let mut it = with_table();
    let lessons = ask(&mut it, &json!({"do": "lessons"}));
    assert_eq!(lessons["lessons"].as_array().unwrap().len(), 10);
    assert!(lessons["lessons"][0].get("solution").is_none(), "it is not told before it is asked for");
    let opened = ask(&mut it, &json!({"do": "open", "lesson": 0}));
    assert_eq!((opened["tables"][0]["name"].as_str(), opened["now"].as_str()), (Some("Logons"), Some(NOW)));
    let all = ask(&mut it, &json!({"do": "open"}));
    assert_eq!(all["tables"].as_array().unwrap().len(), 4);
    let solution = ask(&mut it, &json!({"do": "solution", "lesson": 0}))["text"].clone();
    assert_eq!(ask(&mut it, &json!({"do": "judge", "lesson": 0, "query": solution}))["solved"], true);
    assert_eq!(ask(&mut it, &json!({"do": "open", "lesson": 99})), json!({"error": "there is no lesson 99"}));
}

#[test]
fn what_is_no_request_is_said() {
    let mut it = Playground::new();
    for text in ["", "{", "[]", "{\"do\": \"fly\"}", "{\"do\": \"run\"}", "{\"do\": \"load\", \"name\": 1}"] {
        let answer: Json = serde_json::from_str(&it.answer(text)).unwrap();
        assert!(answer["error"].as_str().unwrap().starts_with("this is no request: "), "{answer}");
    }
    let wrong = ask(&mut it, &json!({"do": "load", "name": "T", "format": "xml", "text": ""}));
    assert_eq!(wrong["error"], "'xml' is none of json, ndjson, csv, tsv");
    assert_eq!(
        ask(&mut it, &json!({"do": "run", "query": "print 1", "now": "noon"}))["error"],
        "'noon' is no time"
    );
    assert_eq!(ask(&mut it, &json!({"do": "format", "query": "print   1"}))["text"], "print 1\n");
}

/// A request that a page makes and nothing answers would be found by whoever clicks.
#[test]
fn what_the_page_asks_is_answered() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playground/page");
    let mut asked = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "js") {
            let text = std::fs::read_to_string(path).unwrap();
            asked
                .extend(text.split("do: \"").skip(1).filter_map(|it| Some(it.split_once('"')?.0.to_owned())));
        }
    }
    assert!(asked.len() > 8, "{asked:?}");
    let mut it = Playground::new();
    for word in asked {
        let answer = ask(&mut it, &json!({"do": word}));
        assert!(!answer.to_string().contains("unknown variant"), "{word}: {answer}");
    }
}
