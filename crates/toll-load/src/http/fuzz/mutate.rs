//! Damage to an answer: blind, and where the structure is.

use super::random::Random;

/// Where a reader can be deceived: what is put in, anywhere.
const TOKENS: [&[u8]; 30] = [
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"\r\r\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b";",
    b",",
    b"\"",
    b"0\r\n\r\n",
    b"0",
    b"-1",
    b"+5",
    b"0x5",
    b"5_0",
    b"ffffffffffffffff",
    b"10000000000000000",
    b"18446744073709551615",
    b"18446744073709551616",
    b"99999999999999999999999999",
    b"content-length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"transfer-encoding: chunked\r\n",
    b"transfer-encoding: identity\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
];
/// How often a field is repeated in a flood; around the limits of the reader.
const FLOODS: [usize; 6] = [2, 250, 255, 256, 257, 4000];
const FLOODED: [&[u8]; 7] = [
    b"a: b\r\n",
    b"x-long: 0123456789012345678901234567890123456789\r\n",
    b"content-length: 5\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"1\r\nx\r\n",
    b"0",
    b"\r\n",
];

type Mutation = fn(&mut Random, &mut Vec<u8>, &[u8]);

const MUTATIONS: [Mutation; 10] = [
    flip_bit,
    set_byte,
    delete_range,
    repeat_range,
    insert_token,
    insert_token,
    change_number,
    splice,
    cut_off,
    append,
];

/// Damages `bytes` a few times; `other` is another answer to take parts from.
pub(super) fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=random.below(3) {
        let mutation = MUTATIONS[random.below(MUTATIONS.len())];
        mutation(random, bytes, other);
    }
    // Long inputs are slow, and few of them say much.
    if random.one_in(2000) {
        flood(random, bytes);
    }
}

#[expect(clippy::ptr_arg, reason = "all mutations have one shape")]
fn flip_bit(random: &mut Random, bytes: &mut Vec<u8>, _: &[u8]) {
    let at = random.below(bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

#[expect(clippy::ptr_arg, reason = "all mutations have one shape")]
fn set_byte(random: &mut Random, bytes: &mut Vec<u8>, _: &[u8]) {
    let at = random.below(bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte = *random
            .pick(&[
                b"\r", b"\n", b"\0", b" ", b"\t", b":", b"\x7f", b"\xff", b"a",
            ])
            .first()
            .unwrap_or(&0);
    }
}

fn range(random: &mut Random, bytes: &[u8]) -> std::ops::Range<usize> {
    let start = random.below(bytes.len());
    let most = if random.one_in(2) { 4 } else { bytes.len() };
    start..(start + random.below(most + 1)).min(bytes.len())
}

fn delete_range(random: &mut Random, bytes: &mut Vec<u8>, _: &[u8]) {
    let range = range(random, bytes);
    bytes.drain(range);
}

fn repeat_range(random: &mut Random, bytes: &mut Vec<u8>, _: &[u8]) {
    let range = range(random, bytes);
    let copy = bytes[range.clone()].to_vec();
    bytes.splice(range.end..range.end, copy);
}

fn insert_token(random: &mut Random, bytes: &mut Vec<u8>, _: &[u8]) {
    let at = if random.one_in(2) {
        line_start(random, bytes)
    } else {
        random.below(bytes.len() + 1)
    };
    bytes.splice(at..at, random.pick(&TOKENS).iter().copied());
}

fn line_start(random: &mut Random, bytes: &[u8]) -> usize {
    let starts: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at] == b'\n')
        .map(|at| at + 1)
        .collect();
    starts.get(random.below(starts.len())).copied().unwrap_or(0)
}

/// One of the numbers: a length, a chunk size, a status, a version.
fn change_number(random: &mut Random, bytes: &mut Vec<u8>, _: &[u8]) {
    let is_start = |at: &usize| {
        bytes[*at].is_ascii_hexdigit() && (*at == 0 || !bytes[at - 1].is_ascii_hexdigit())
    };
    let starts: Vec<usize> = (0..bytes.len()).filter(is_start).collect();
    let Some(start) = starts.get(random.below(starts.len())).copied() else {
        return;
    };
    let length = bytes[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let text = String::from_utf8_lossy(&bytes[start..start + length]).into_owned();
    let value = text.parse::<u64>().unwrap_or(0);
    let new = match random.below(5) {
        0 => value.wrapping_add(1).to_string(),
        1 => value.saturating_sub(1).to_string(),
        2 => format!("0{text}"),
        3 => u64::MAX.to_string(),
        _ => random.below(1 << 20).to_string(),
    };
    bytes.splice(start..start + length, new.into_bytes());
}

fn splice(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let (into, from) = (range(random, bytes), range(random, other));
    bytes.splice(into, other[from].iter().copied());
}

fn cut_off(random: &mut Random, bytes: &mut Vec<u8>, _: &[u8]) {
    let length = random.below(bytes.len() + 1);
    bytes.truncate(length);
}

fn append(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    if random.one_in(2) {
        bytes.extend(other);
    } else {
        let length = random.below(6);
        bytes.extend(random.bytes(length));
    }
}

fn flood(random: &mut Random, bytes: &mut Vec<u8>) {
    let at = line_start(random, bytes);
    let unit = random.pick(&FLOODED);
    let times = if random.one_in(4) {
        crate::http::MAX_HEAD / unit.len() + random.below(3)
    } else {
        FLOODS[random.below(FLOODS.len())]
    };
    bytes.splice(at..at, unit.repeat(times));
}
