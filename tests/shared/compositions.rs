//! Makes queries in which small operations are chained so that what they make doubles: lets, extends and unions that use the
//! last value several times. It must not know what is done with them.

use crate::numbers::Numbers;

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
    let fan_out = [1, 1, 2, 3, 8, 64][numbers.below(6)];
    let more = format!(", {value}").repeat(fan_out - 1);
    // One value stands before the dots already.
    numbers.of(GROWERS).replace(", #…", &format!(", {value}{more}")).replace("#…", value).replace('#', value)
}

/// A query; the same numbers give the same one.
pub fn query(numbers: &mut Numbers) -> String {
    let most = [4, 20, 60, 300][numbers.below(4)];
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
