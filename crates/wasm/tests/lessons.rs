//! Each lesson is solved by its solution and failed by its wrong answer, and its hints are about something that can happen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use std::path::Path;

use kqlite::{Code, DateTime, Options};
use kqlite_wasm::{Lesson, database_of, judge, lessons};

fn all() -> Vec<Lesson> {
    lessons().unwrap()
}

#[test]
fn every_file_is_a_lesson_in_order() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playground/lessons");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| std::fs::read_to_string(it.unwrap().path()).unwrap())
        .collect();
    files.sort();
    let mut titles: Vec<String> = all().into_iter().map(|it| format!("# {}", it.title)).collect();
    titles.sort();
    let of_files: Vec<&str> = files.iter().filter_map(|it| it.lines().next()).collect();
    assert_eq!(of_files, titles);
}

#[test]
fn solutions_solve_and_wrong_answers_do_not() {
    for lesson in all() {
        let database = database_of(&lesson).unwrap();
        let verdict = judge(&lesson, &database, &lesson.solution);
        assert!(verdict.solved, "{}: {verdict:?}", lesson.title);
        let verdict = judge(&lesson, &database, &lesson.wrong_answer);
        assert!(!verdict.solved, "{}", lesson.title);
        assert!(verdict.hint.is_some(), "{}: nothing helps with {}", lesson.title, verdict.said);
    }
}

/// What a reader tries first: the queries of the text run, too.
#[test]
fn queries_of_the_texts_run() {
    let mut seen = 0;
    for lesson in all() {
        let database = database_of(&lesson).unwrap();
        for query in lesson.text.split("```\n").skip(1).step_by(2) {
            let now = DateTime::parse("2024-06-30T12:00:00Z").unwrap();
            let rows = database.compile(query).unwrap().run(&database, &Options::new(now)).unwrap().len();
            assert!(rows > 0, "{query}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen}");
}

#[test]
fn solutions_have_rows_and_no_warnings() {
    for lesson in all() {
        let database = database_of(&lesson).unwrap();
        let now = DateTime::parse("2024-06-30T12:00:00Z").unwrap();
        let answer = database.compile(&lesson.solution).unwrap().run(&database, &Options::new(now)).unwrap();
        assert!(!answer.is_empty(), "{}", lesson.title);
        assert!(answer.warnings().is_empty(), "{}", lesson.title);
    }
}

#[test]
fn hints_are_about_codes_that_there_are() {
    let known: Vec<&str> = Code::ALL.iter().map(|it| it.as_str()).collect();
    for lesson in all() {
        for hint in lesson.hints.iter().filter(|it| it.of.starts_with("KQL")) {
            assert!(known.contains(&hint.of.as_str()), "{}: {}", lesson.title, hint.of);
        }
    }
}

/// The answer of the first lesson, and what is wrong with others.
#[test]
fn what_differs_is_said() {
    let all = all();
    let first = all.first().unwrap();
    let database = database_of(first).unwrap();
    let said = |query: &str| {
        let it = judge(first, &database, query);
        (it.solved, it.said)
    };
    assert_eq!(
        said("Logons | where Result == 'Failure' and User == 'bob' // so too"),
        (true, "Solved.".to_owned())
    );
    assert_eq!(
        said("Logons | where User == 'bob' and Result == 'Failure' | sort by At asc"),
        (true, "Solved.".to_owned())
    );
    assert_eq!(
        said("Logons | where User == 'bob' and Result == 'Failure' | project-away Country"),
        (false, "The column 'Country' is missing.".to_owned())
    );
    assert_eq!(
        said("Logons | where User == 'bob' and Result == 'Failure' | take 2"),
        (false, "2 rows, where 5 are expected. All of yours are right, and some are missing.".to_owned())
    );
    let (_, wrong) = said("Logons | where User == 'ann' | take 1");
    assert_eq!(
        wrong,
        "1 rows, where 5 are expected. This row is not one of them: 2024-06-28T08:55:00Z, ann, desk-1, DE, Success."
    );
    let (_, unknown) = said("Logons | where User == bob");
    assert!(unknown.starts_with("KQL0101: "), "{unknown}");
}

/// Rows whose texts look alike in one line are told apart, and a null is no text.
#[test]
fn cells_are_compared_one_by_one() {
    let first = all().into_iter().next().unwrap();
    let of = |solution: &str, query: &str| {
        let lesson = Lesson { solution: solution.to_owned(), is_ordered: false, ..first.clone() };
        judge(&lesson, &database_of(&lesson).unwrap(), query).solved
    };
    assert!(of("print a = 'x, y', b = 'z'", "print a = 'x, y', b = 'z'"));
    assert!(!of("print a = 'x, y', b = 'z'", "print a = 'x', b = 'y, z'"));
    assert!(!of("print a = dynamic(null)", "print a = dynamic('null')"));
}
