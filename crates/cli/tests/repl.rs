//! `kqlite repl`: statements from a pipe and from a terminal, completion, cancelling, and the session of docs/prompt.md.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder of a test with data: the tables Logons and Users.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let logons = [("ann", 2), ("bob", 9), ("cid", 5)].map(|(user, failures)| {
            format!("{{\"User\": \"{user}\", \"Failures\": {failures}, \"At\": \"2024-06-30T09:00:00Z\"}}\n")
        });
        fs::write(data.join("Logons.ndjson"), logons.concat()).unwrap();
        fs::write(data.join("Users.csv"), "User,Team,Seniority\nann,red,3\nbob,blue,4\n").unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kqlite"));
        command
            .args(["repl", "--data", "data", "--threads", "1"])
            .current_dir(self.path())
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env("PAGER", "cat")
            .env("NO_COLOR", "1")
            .env("TERM", "xterm");
        command
    }

    /// What is printed for statements from a pipe: answers, errors, and the exit code.
    fn piped(&self, text: &str) -> (String, String, i32) {
        piped(self.command(), text)
    }

    /// The answers to statements from a pipe, all of which are well.
    fn answers(&self, text: &str) -> String {
        let (out, errors, code) = self.piped(text);
        assert_eq!((errors.as_str(), code), ("", 0), "{out}");
        out
    }
}

fn piped(mut command: Command, text: &str) -> (String, String, i32) {
    let piped = || Stdio::piped();
    let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(done.stdout), text(done.stderr), done.status.code().unwrap())
}

#[test]
fn statements_are_read_from_a_pipe() {
    let folder = Folder::new();
    let text = ".set format csv\nLogons\n| where Failures > 3\n| project User\n\nlet n = 5;\nUsers | where Seniority < n | count; print 7";
    assert_eq!(folder.answers(text), "User\nbob\ncid\nCount\n2\nprint_0\n7\n");
    assert_eq!(folder.answers(""), "");
    assert_eq!(folder.answers("print 1\n.quit\nprint nonsense"), folder.answers("print 1"));
}

#[test]
fn the_first_mistake_ends_it() {
    let folder = Folder::new();
    let (out, errors, code) =
        folder.piped(".set format csv\nprint 1\n\nLogons\n| where Usr == 'a'\n\nprint 2");
    assert_eq!((out.as_str(), code), ("print_0\n1\n", 1));
    assert!(errors.contains("there is no column, variable, table or function 'Usr'"), "{errors}");
    assert!(errors.contains("  |         ^^^"), "{errors}");
    assert!(errors.contains("begins in line 4"), "{errors}");
    let wrong = [
        (".lod x", "did you mean '.load'?"),
        (".shw tables", "did you mean '.show'?"),
        (".show tabls", "did you mean '.show table'?"),
        (".load nowhere.csv", "nowhere.csv: there is no such file"),
        (".load", "write .load and a file"),
        (".save x.csv", "there is no answer to write yet"),
        (".set forma csv", "did you mean 'format'?"),
        (".set format png", "it takes auto, table"),
        (".timing maybe", ".timing on"),
        (".now yesterday", "is no time"),
        (".why Logons[0]", "there is no query yet"),
        (".schema Logns", "did you mean 'Logons'?"),
        (".docs sumarize", "summarize"),
        (".help nothing", ".help lists all"),
        (".plan T | where", "where"),
    ];
    for (statement, expected) in wrong {
        let (_, errors, code) = folder.piped(statement);
        assert_eq!(code, 1, "{statement}");
        assert!(errors.starts_with("error") && errors.contains(expected), "{statement}: {errors}");
    }
}

#[test]
fn the_last_answer_is_a_table() {
    let folder = Folder::new();
    let out = folder.answers(
        ".set format csv\nLogons | where Failures > 3\n_ | summarize Most = max(Failures)\n_ | extend Twice = Most * 2\n\
         .plan\n.show tables | project TableName | sort by TableName asc\n_ | count\nunion withsource=From * | distinct From | sort by From asc",
    );
    assert!(out.contains("Most\n9\nMost,Twice\n9,18\n"), "{out}");
    assert!(out.contains("Scan _: Most"), "the plan is of the query that ran: {out}");
    assert!(out.contains("TableName\nLogons\nUsers\nCount\n2\n"), "{out}");
    assert!(out.ends_with("From\nLogons\nUsers\n"), "a query that does not name it does not see it: {out}");
}

#[test]
fn files_are_read_and_written() {
    let folder = Folder::new();
    fs::write(folder.path().join("more logons.csv"), "User,Failures\ndan,1\n").unwrap();
    let out = folder.answers(
        ".load 'more logons.csv' as More\n.set format csv\nMore | extend Twice = Failures * 2\n.save twice.json\n.load twice.json\ntwice | project Twice",
    );
    assert!(out.starts_with("More: 1 row\n"), "{out}");
    assert!(out.contains("twice.json: 1 row\n") && out.ends_with("Twice\n2\n"), "{out}");
    let written = fs::read_to_string(folder.path().join("twice.json")).unwrap();
    assert!(written.contains("\"Twice\""), "{written}");
}

#[test]
fn commands_tell_what_is_there() {
    let folder = Folder::new();
    let out = folder.answers(".tables\n.schema Users\n.set\n.help .load\n.docs strlen");
    for expected in [
        "Logons     3        3",
        "Users      2        3",
        "Seniority  long",
        "max-rows",
        ".load File [as Table]",
        "The number of characters (code points) of a text.",
    ] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
    let (_, times, _) = folder.piped(".timing on\nprint 1\n.show tables\n.timing off\nprint 1");
    assert_eq!(times.matches(" ms, run ").count(), 2, "{times}");
    let all = folder.answers(".help");
    for command in kqlite_repl::commands() {
        assert!(all.contains(command.syntax) && all.contains(command.summary), "{}", command.name);
        let alone = folder.answers(&format!(".help {}", command.name));
        assert!(alone.contains(command.summary), "{alone}");
    }
    assert!(all.contains(".create table"), "{all}");
}

#[test]
fn the_time_and_the_limits_are_set() {
    let folder = Folder::new();
    let out = folder.answers(".set format csv\n.now 2024-06-30T12:00:00Z\nprint format_datetime(now(), 'yyyy-MM-dd')\n.now\n.now clock");
    assert!(out.contains("now() is 2024-06-30T12:00:00Z\n") && out.contains("\n2024-06-30\n"), "{out}");
    assert!(out.ends_with("now() is the clock's time\n"), "{out}");
    let (_, errors, _) = folder.piped(".set max-rows 2\nLogons | mv-expand x = range(1, 2, 1)");
    assert!(errors.contains(".set max-rows N allows more"), "{errors}");
    let out = folder.answers(".set rows 2\nLogons | project User");
    assert!(out.contains("… 1 more rows: .set rows N shows more") && !out.contains("cid"), "{out}");
    let out = folder.answers(".set format records\nLogons | take 1 | project User, Failures");
    assert_eq!(out, "[0]\nUser      ann\nFailures  2\n");
}

#[test]
fn an_answer_without_rows_is_explained() {
    let folder = Folder::new();
    let (out, notes, code) = folder.piped(".set format csv\nLogons | where User == 'Ann' | project User");
    assert_eq!((out.as_str(), code), ("User\n", 0));
    assert!(notes.starts_with("note: step 2: ") && notes.contains("1 does in another case (=~)"), "{notes}");
}

#[test]
fn charts_are_drawn_and_saved() {
    let folder = Folder::new();
    let query = "Logons | project User, Failures | render columnchart";
    let plain = folder.answers(query);
    assert!(!plain.contains('█'), "{plain}");
    let drawn = folder.answers(&format!(".set chart on\n{query}\n.save logons.svg\n.save logons.html"));
    assert!(drawn.starts_with(plain.as_str()) && drawn.contains('█'), "{drawn}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("logons.svg").starts_with("<svg "));
    assert!(read("logons.html").contains("project User, Failures"), "the page has the query");
}

#[test]
fn answers_are_explained() {
    let folder = Folder::new();
    let query = "Logons | where Failures > 3 | project User";
    let out = folder.answers(&format!("{query}\n.explain\n.why Logons[0]\n.why 0"));
    for expected in ["kept 2 of 3 rows", "`Failures > 3` is false", "Logons[1], read at step 1"] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
    let out = folder.answers(".explain Users | count");
    assert!(out.contains("summed 2 rows up in one"), "{out}");
}

#[test]
fn tables_are_changed_by_commands_of_kusto() {
    let folder = Folder::new();
    let out = folder.answers(
        ".set Few <| Logons | where Failures > 3\n.ingest inline into table Few <|\ndan,1,2024-06-30\n\n.set format csv\nFew | count",
    );
    assert!(out.ends_with("Count\n3\n"), "{out}");
}

#[test]
fn data_alone_opens_the_prompt() {
    let folder = Folder::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kqlite"));
    command.args(["--data", "data/Users.csv", "--no-history"]).current_dir(folder.path());
    let (out, errors, code) = piped(command, ".set format csv\nUsers | count");
    assert_eq!((out.as_str(), errors.as_str(), code), ("Count\n2\n", "", 0));
}

/// The sessions of the page: what stands behind a prompt is run, what follows is what it prints.
#[test]
fn the_page_tells_the_truth() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/prompt.md")).unwrap();
    let mut tried = 0;
    for block in page.split("```text\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let mut typed = String::new();
        let mut expected = String::new();
        for line in block.lines() {
            match line.strip_prefix("kqlite> ") {
                Some(statement) => {
                    typed.push_str(statement);
                    typed.push('\n');
                    tried += 1;
                }
                None => {
                    expected.push_str(line);
                    expected.push('\n');
                }
            }
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_kqlite"));
        command.args(["repl", "--no-history", "--now", "2024-06-30T12:00:00Z"]);
        command.args(["--data", "examples/sender-contact/data"]).current_dir(&root);
        let (mut out, errors, _) = piped(command, &typed);
        out.push_str(errors.split("note: the statement begins").next().unwrap());
        assert_eq!(out, expected, "{typed}");
    }
    assert!(tried > 8, "{tried} statements");
}

/// What is typed at a terminal.
#[cfg(unix)]
mod terminal {
    use super::{Command, Folder, PathBuf, fs};
    use rexpect::session::{PtySession, spawn_command};

    /// How long is waited for a text; nothing here takes so long.
    const PATIENCE: u64 = 60_000;

    /// What the editor writes as it takes the terminal, and as it gives it back.
    const ENTERED: &str = "\u{1b}[?2004h";
    const LEFT: &str = "\u{1b}[?2004l";

    fn prompt(command: Command) -> PtySession {
        let mut session = spawn_command(command, Some(PATIENCE)).unwrap();
        session.exp_string("Tab completes").unwrap();
        session.exp_string("kqlite> ").unwrap();
        session
    }

    fn typed(session: &mut PtySession, text: &str) {
        session.send(text).unwrap();
        session.flush().unwrap();
    }

    #[track_caller]
    fn expect(session: &mut PtySession, text: &str) {
        if let Err(error) = session.exp_string(text) {
            panic!("{text}: {error}");
        }
    }

    /// What is typed before a Tab and behind it, and the whole line then.
    const COMPLETED: &[(&str, &str, &str)] = &[
        ("Logo", " | count", "Logons | count"),
        ("Logons | summ", " count()", "Logons | summarize count()"),
        ("Logons | where Fai", " > 7", "Logons | where Failures > 7"),
        ("Logons | where strl", "User) > 7", "Logons | where strlen(User) > 7"),
        ("Logons | join (Users) on Us", " | count", "Logons | join (Users) on User | count"),
        (
            "Logons | join (Users) on $left.User == $right.Te",
            "",
            "Logons | join (Users) on $left.User == $right.Team",
        ),
        (
            "Logons | project F = Failures | project-aw",
            " F",
            "Logons | project F = Failures | project-away F",
        ),
        ("let Few = Logons | take 1; Fe", " | count", "let Few = Logons | take 1; Few | count"),
        // The cursor stands within the word.
        ("Logons | summarize\u{1b}[D\u{1b}[D\u{1b}[D", " count()", "Logons | summarize count()"),
        (".tabl", "", ".tables"),
        (".schema Use", "", ".schema Users"),
        (".docs ceil", "", ".docs ceiling"),
        (".load data/Lo", " as More", ".load data/Logons.ndjson as More"),
        (".plan Logons | where Fai", " > 7", ".plan Logons | where Failures > 7"),
    ];

    /// What is typed before a Tab, and a part of the list that is shown then.
    const LISTED: &[(&str, &str)] = &[
        ("Logons | where User hass", "if a term of the left text ends"),
        ("Logons | join kind=inn", "innerunique"),
        ("Logons | summarize dcoun", "dcountif"),
        ("Logons | render time", "timepivot"),
        ("print datetime_diff('mi", "millisecond"),
        (".set max-", "stopped where"),
    ];

    #[test]
    fn completion_knows_the_place() {
        let folder = Folder::new();
        let mut session = prompt(folder.command());
        for (before, behind, _) in COMPLETED {
            typed(&mut session, &format!("{before}\t{behind}\r"));
            expect(&mut session, LEFT);
            expect(&mut session, ENTERED);
        }
        typed(&mut session, ".quit\r");
        session.exp_eof().unwrap();
        let kept = fs::read_to_string(folder.path().join("state/kqlite/history")).unwrap();
        let lines: Vec<&str> = kept.lines().filter(|line| !line.starts_with('#')).collect();
        let mut expected: Vec<&str> = COMPLETED.iter().map(|(_, _, whole)| *whole).collect();
        expected.push(".quit");
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_fits_is_listed_with_what_it_is() {
        let folder = Folder::new();
        let mut session = prompt(folder.command());
        for (before, shown) in LISTED {
            typed(&mut session, &format!("{before}\t"));
            expect(&mut session, shown);
            // The line is thrown away.
            session.send_control('c').unwrap();
            expect(&mut session, LEFT);
            expect(&mut session, ENTERED);
        }
    }

    #[test]
    fn a_run_is_cancelled_and_the_prompt_goes_on() {
        let folder = Folder::new();
        let mut session = prompt(folder.command());
        typed(&mut session, "range x from 1 to 90000000 step 1 | where strcat(x, 'a') has 'b' | count\r");
        // The editor gives the terminal back before the query runs.
        expect(&mut session, LEFT);
        session.send_control('c').unwrap();
        expect(&mut session, "the query was cancelled");
        typed(&mut session, "print strcat('go', 'es on')\r");
        expect(&mut session, "goes on");
        typed(&mut session, ".quit\r");
        session.exp_eof().unwrap();
    }

    #[test]
    fn mistakes_are_shown_where_they_stand() {
        let folder = Folder::new();
        let mut session = prompt(folder.command());
        typed(&mut session, "Logons | where Usr == 1\r");
        expect(&mut session, "^^^");
        expect(&mut session, "did you mean 'User'?");
        typed(&mut session, "Logons | where Failures > 3 | project User\r");
        expect(&mut session, "cid");
        typed(&mut session, "_ | summarize All = strcat_array(make_list(User), '+')\r");
        expect(&mut session, "bob+cid");
        typed(&mut session, "_ | extend Found = strcat('found ', Al\t)\r");
        expect(&mut session, "found bob+cid");
        typed(&mut session, ".explain\r");
        expect(&mut session, "added Found");
    }

    #[test]
    fn a_query_goes_on_in_the_next_line() {
        let folder = Folder::new();
        let mut session = prompt(folder.command());
        typed(&mut session, "Logons |\rwhere (User ==\r'ann') |\rproject strcat(User, '!')\r");
        expect(&mut session, "ann!");
        // Alt-Enter begins a line, and a blank line ends the query.
        typed(&mut session, "print strcat('a', \u{1b}\r'b')\r");
        expect(&mut session, "ab");
    }

    #[test]
    fn a_wide_answer_is_shown_as_records() {
        let folder = Folder::new();
        // A pseudo terminal does not say how large it is.
        let mut sized = Command::new("sh");
        sized.args(["-c", "stty cols 80 rows 24; exec \"$0\" repl", env!("CARGO_BIN_EXE_kqlite")]);
        let plain = folder.command();
        let variables = plain.get_envs().filter_map(|(name, value)| Some((name, value?)));
        sized.envs(variables).current_dir(folder.path());
        let mut session = prompt(sized);
        typed(&mut session, "print First = strrep('a', 50), Second = strrep('b', 50)\r");
        session.exp_regex("First +a{50}").unwrap();
        session.exp_regex("Second +b{50}").unwrap();
        // Of no rows their number is told, and the columns are not.
        typed(
            &mut session,
            "print Nothing = 1 | extend Nought = strrep('c', 90), Naught = strrep('d', 90) | where false\r",
        );
        expect(&mut session, "0 rows, 3 columns");
    }

    #[test]
    fn what_was_typed_is_kept() {
        let folder = Folder::new();
        let history: PathBuf = folder.path().join("state/kqlite/history");
        let mut session = prompt(folder.command());
        typed(&mut session, "print strcat('on', 'ce')\r");
        expect(&mut session, "once");
        typed(&mut session, "\u{1b}[A\r");
        expect(&mut session, "once");
        typed(&mut session, ".quit\r");
        session.exp_eof().unwrap();
        let mut session = prompt(folder.command());
        typed(&mut session, "\u{1b}[A\u{1b}[A\r");
        expect(&mut session, "once");
        typed(&mut session, "\u{4}");
        session.exp_eof().unwrap();
        let kept = fs::read_to_string(&history).unwrap();
        assert!(kept.contains("print strcat('on', 'ce')"), "{kept}");
        fs::remove_file(&history).unwrap();
        let mut command = folder.command();
        command.arg("--no-history");
        let mut session = prompt(command);
        typed(&mut session, "print strcat('on', 'ce')\r");
        expect(&mut session, "once");
        typed(&mut session, ".quit\r");
        session.exp_eof().unwrap();
        assert!(!history.exists());
    }
}
