//! What compression saves and costs, by codec and level and kind of content: the figures behind
//! the choice in `crates/engine/src/log/pack.rs`.
//!
//! Prints sizes as a table, then times packing and unpacking with criterion. Contents are made
//! here, from a fixed seed, so that the table is the same everywhere.
#![expect(clippy::unwrap_used, reason = "a bench stops where it is wrong")]
#![expect(clippy::print_stdout, reason = "the table of sizes is what is asked for")]

use std::hint::black_box;
use std::io::{Read, Write};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use engine::log::pack::{pack, unpack};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

const ENGLISH: &str = "the a to and of in is it you that was for on are with as they be at one \
    have this from or had by not word but what some we can out other were all there when up use \
    your how said each she which do their time if will way about many then them write would like \
    so these her long make thing see him two has look more day could go come did number sound no \
    most people my over know water than call first who may down side been now find any new work";
const CHINESE: &str = "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家\
    学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见\
    经头面公同三已老从动两长";

/// The levels of deflate that are compared.
const LEVELS: [u32; 6] = [1, 3, 4, 5, 6, 9];

/// A small generator (Knuth's constants), so that contents are the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let n = u64::try_from(n).unwrap();
        usize::try_from((self.0 >> 33) % n).unwrap()
    }

    /// Words with the frequencies of a language: the first are said most.
    fn words(&mut self, words: &[&str], between: &str, bytes: usize) -> String {
        let mut text = String::new();
        while text.len() < bytes {
            let most = self.below(words.len()) + 1;
            text.push_str(words[self.below(most)]);
            text.push_str(if self.below(12) == 0 { ". " } else { between });
        }
        text.truncate(text.floor_char_boundary(bytes));
        text
    }
}

fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let mut dice = Dice(7);
    let english: Vec<&str> = ENGLISH.split_ascii_whitespace().collect();
    let characters: Vec<String> = CHINESE.chars().map(String::from).collect();
    let characters: Vec<&str> = characters.iter().map(String::as_str).collect();
    let json: String = (0..40)
        .map(|at| {
            let (name, value) = (english[dice.below(100)], dice.below(10_000));
            format!("{{\"id\":{at},\"name\":\"{name}\",\"value\":{value},\"ok\":true}},")
        })
        .collect();
    let noise: Vec<u8> = (0..1536).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
    vec![
        ("chat-60", dice.words(&english, " ", 60).into_bytes()),
        ("chat-150", dice.words(&english, " ", 150).into_bytes()),
        ("prose-1k", dice.words(&english, " ", 1024).into_bytes()),
        ("chinese-1k", dice.words(&characters, "", 1024).into_bytes()),
        ("json-2k", json.into_bytes()),
        ("base64-2k", data_encoding::BASE64.encode(&noise).into_bytes()),
        ("paste-30k", dice.words(&english, " ", 30 * 1024).into_bytes()),
    ]
}

fn deflate(content: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn inflate(packed: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    DeflateDecoder::new(packed).read_to_end(&mut content).unwrap();
    content
}

fn sizes(contents: &[(&str, Vec<u8>)]) {
    println!("sizes of the packed form, in bytes (and percent)");
    let heads: String =
        LEVELS.iter().map(|level| format!("{:>13}", format!("deflate-{level}"))).collect();
    println!("{:<12}{:>7}{:>13}{heads}{:>13}", "content", "bytes", "lz4", "engine");
    for (name, content) in contents {
        let cell = |packed: Vec<u8>| {
            format!("{:>13}", format!("{} ({}%)", packed.len(), packed.len() * 100 / content.len()))
        };
        let lz4 = cell(lz4_flex::block::compress(content));
        let deflated: String = LEVELS.iter().map(|level| cell(deflate(content, *level))).collect();
        println!("{name:<12}{:>7}{lz4}{deflated}{}", content.len(), cell(pack(content)));
    }
}

fn times(criterion: &mut Criterion) {
    let contents = contents();
    sizes(&contents);
    let mut group = criterion.benchmark_group("pack");
    for (name, content) in &contents {
        group.bench_function(BenchmarkId::new("lz4", name), |bencher| {
            bencher.iter(|| black_box(lz4_flex::block::compress(content)));
        });
        for level in LEVELS {
            group.bench_function(BenchmarkId::new(format!("deflate-{level}"), name), |bencher| {
                bencher.iter(|| black_box(deflate(content, level)));
            });
        }
        group.bench_function(BenchmarkId::new("engine", name), |bencher| {
            bencher.iter(|| black_box(pack(content)));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("unpack");
    for (name, content) in &contents {
        let (lz4, deflated) = (lz4_flex::block::compress(content), deflate(content, 6));
        group.bench_function(BenchmarkId::new("lz4", name), |bencher| {
            bencher.iter(|| black_box(lz4_flex::block::decompress(&lz4, content.len()).unwrap()));
        });
        group.bench_function(BenchmarkId::new("deflate", name), |bencher| {
            bencher.iter(|| black_box(inflate(&deflated)));
        });
        let packed = pack(content);
        group.bench_function(BenchmarkId::new("engine", name), |bencher| {
            bencher.iter(|| black_box(unpack(&packed).unwrap()));
        });
    }
    group.finish();
}

criterion_group!(benches, times);
criterion_main!(benches);
