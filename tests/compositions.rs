//! Small operations chained so that what they make doubles: lets, extends and unions that use the last value several times.
//! Random queries hardly ever do so. Each one ends in an answer or an error, within its memory and soon after its time is up.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::time::{Duration, Instant};

use kqlite::{Code, Database, DateTime, Limits, Options};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// How many queries are made where nothing else is said by `KQLITE_COMPOSITIONS`.
const QUERIES: u64 = 400;

const BYTES: usize = 16 << 20;
/// What the process may grow by. A list that doubles to its limit has its old and its new place for a moment, of which the
/// allocator moves the pages.
const GROWTH: usize = BYTES * 13 / 4;

/// What compiling may take: in a build that is not optimized, on a machine that does other things too.
const COMPILING: Duration = Duration::from_secs(15);

const TIME: Duration = Duration::from_millis(200);
/// What a query may take beside: the step at hand, a machine that does other things too.
const GRACE: Duration = Duration::from_secs(3);

/// Numbers that look random, and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }

    fn of<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len() as u64) as usize]
    }
}

const SEEDS: &[&str] = &[
    "'x'",
    "'\"\\\\'",
    "'a,b'",
    "1",
    "1.5",
    "pack_array(1)",
    "bag_pack('k', 1)",
    "range(1, 1000)",
    "strrep('ab', 5000)",
    "dynamic([[1, 2], {'a': 'b'}])",
    "repeat('a', 100)",
];

/// What makes more of a value; `#` stands for the value, and `…` for as many more of them as the fan-out says.
const GROWERS: &[&str] = &[
    "strcat(#, #…)",
    "strcat(tostring(#), #…)",
    "pack_array(#, #…)",
    "array_concat(#, #…)",
    "bag_pack('a', #, 'b', #)",
    "bag_merge(bag_pack('a', #), bag_pack('b', #))",
    "tostring(pack_array(#, #…))",
    "dynamic_to_json(pack_array(#))",
    "repeat(#, 7)",
    "zip(repeat(#, 3), repeat(#, 3))",
    "strrep(tostring(#), 5)",
    "split(strcat(#, ',', #), ',')",
    "strcat_array(pack_array(#, #…), tostring(#))",
    "set_union(pack_array(#), pack_array(#…))",
    "replace_string(tostring(#), 'a', strcat('b', #))",
    "extract_all('(.)', tostring(#))",
    "parse_json(tostring(pack_array(#, #…)))",
    "bag_set_key(bag_pack('a', #), 'b', #)",
    "array_index_of(pack_array(#, #…), #)",
    "translate(tostring(#), tostring(#), tostring(#))",
    "countof(tostring(#), tostring(#))",
    "hash(tostring(#))",
    "# + #",
    "iff(true, #, #)",
    "url_encode(tostring(#))",
];

fn grown(numbers: &mut Numbers, value: &str) -> String {
    let fan_out = [1, 1, 2, 3, 8, 64][numbers.below(6) as usize];
    let more = format!(", {value}").repeat(fan_out - 1);
    // One value stands before the dots already.
    numbers.of(GROWERS).replace(", #…", &format!(", {value}{more}")).replace("#…", value).replace('#', value)
}

fn query(numbers: &mut Numbers) -> String {
    let most = [4, 20, 60, 300][numbers.below(4) as usize];
    let steps = 1 + numbers.below(most);
    let seed = numbers.of(SEEDS);
    // One grower all the way doubles most reliably.
    let same = numbers.below(2) == 0;
    let first = grown(numbers, "§");
    let next = |value: &str, numbers: &mut Numbers| match same {
        true => first.replace('§', value),
        false => grown(numbers, value),
    };
    let mut text = String::new();
    match numbers.below(4) {
        0 => {
            text.push_str(&format!("let v0 = {seed};\n"));
            for at in 0..steps {
                text.push_str(&format!("let v{} = {};\n", at + 1, next(&format!("v{at}"), numbers)));
            }
            text.push_str(&format!("print x = gettype(v{steps}), y = v{steps}"));
        }
        1 => {
            text.push_str(&format!("print v = {seed}"));
            for _ in 0..steps.min(290) {
                text.push_str(&format!(" | extend v = {}", next("v", numbers)));
            }
        }
        2 => {
            text.push_str(&format!("let t0 = range i from 1 to 100 step 1 | extend v = {seed};\n"));
            for at in 0..steps.min(40) {
                let step = numbers.of(&[
                    "extend w = v",
                    "where i > 3",
                    "mv-expand i = pack_array(i, i)",
                    "order by i asc",
                ]);
                text.push_str(&format!("let t{} = union t{at}, (t{at} | {step});\n", at + 1));
            }
            text.push_str(&format!("t{} | summarize count(), make_list(v)", steps.min(40)));
        }
        _ => {
            text.push_str(&format!("range i from 1 to 1000 step 1 | extend v = {seed}"));
            for _ in 0..steps.min(20) {
                let step = next("v", numbers);
                text.push_str(&match numbers.below(4) {
                    0 => format!(" | summarize v = make_list(v) by i = i / 2 | extend v = {step}"),
                    1 => format!(" | mv-expand v | extend v = {step}"),
                    2 => format!(" | join kind=inner (print j = 1 | extend k = j) on $left.i == $right.j | extend v = {step}"),
                    _ => format!(" | extend v = {step}"),
                });
            }
        }
    }
    text
}

#[test]
fn whatever_doubles_ends_within_its_bounds() {
    let queries = std::env::var("KQLITE_COMPOSITIONS").map_or(QUERIES, |it| it.parse().unwrap());
    let database = Database::new();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut faults, mut answers, mut limits) = (Vec::new(), 0, 0);
    for _ in 0..queries {
        let text = query(&mut numbers);
        let start = Instant::now();
        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        let compiled = database.compile(&text);
        let compiling = (start.elapsed(), ALLOCATOR.peak_usage().saturating_sub(before));
        let started = Instant::now();
        let options = Options::new(DateTime::UNIX_EPOCH)
            .limits(Limits { rows: 1_000_000, bytes: BYTES, ..Limits::default() })
            .time_limit(TIME, move || started.elapsed());
        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        let outcome = match &compiled {
            Ok(compiled) => compiled.run(&database, &options).map(drop),
            Err(_) => Ok(()),
        };
        let running = (started.elapsed(), ALLOCATOR.peak_usage().saturating_sub(before));
        match outcome {
            Ok(()) => answers += 1,
            Err(error) if error.diagnostics().iter().any(|it| it.code == Code::Internal) => {
                faults.push(format!("{error}\n{text}"))
            }
            Err(error) if error.diagnostics().iter().any(|it| it.code.is_limit()) => limits += 1,
            Err(_) => {}
        }
        let is_slow = compiling.0 > COMPILING || running.0 > TIME + GRACE;
        if is_slow || running.1 > GROWTH || compiling.1 > 512 << 20 {
            let shown: String = text.chars().take(600).collect();
            faults.push(format!("compiling {compiling:?}, running {running:?}: {shown}"));
        }
    }
    assert!(faults.is_empty(), "{} of {queries}:\n{}", faults.len(), faults.join("\n"));
    println!("{answers} answers, {limits} limits");
    assert!(limits > queries / 20, "{limits} of {queries} queries reached a limit");
}
