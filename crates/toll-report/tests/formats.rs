//! Every format renders every analysis, and what it renders is what it says it is.

mod fixtures;

use std::collections::BTreeSet;

use toll_analysis::results::Analysis;
use toll_report::{FORMATS, summary_svg};

fn render(name: &str, analysis: &Analysis) -> Vec<u8> {
    let format = FORMATS
        .iter()
        .find(|format| format.name() == name)
        .expect("the format is registered");
    format.render(analysis).expect("it renders")
}

fn text(name: &str, analysis: &Analysis) -> String {
    String::from_utf8(render(name, analysis)).expect("it is UTF-8")
}

#[test]
fn names_and_files_are_unique() {
    let names: BTreeSet<_> = FORMATS.iter().map(|format| format.name()).collect();
    let files: BTreeSet<_> = FORMATS.iter().map(|format| format.file_name()).collect();
    assert_eq!((names.len(), files.len()), (FORMATS.len(), FORMATS.len()));
}

#[test]
fn every_format_renders_every_analysis() {
    for (name, analysis) in fixtures::all() {
        for format in FORMATS {
            let bytes = format
                .render(&analysis)
                .unwrap_or_else(|error| panic!("{} of {name}: {error}", format.name()));
            assert!(
                bytes.len() > 100,
                "{} of {name} has {} bytes",
                format.name(),
                bytes.len()
            );
        }
    }
}

#[test]
fn json_reads_back_as_the_same_analysis() {
    let analysis = fixtures::some_failed();
    let read: Analysis = serde_json::from_slice(&render("json", &analysis)).expect("it is JSON");
    assert_eq!(read, analysis);
}

#[test]
fn every_drawing_is_well_formed() {
    for (name, analysis) in fixtures::all() {
        let svg = summary_svg(&analysis);
        roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            !svg.contains("NaN") && !svg.contains("inf,"),
            "{name} draws what is not a number"
        );
    }
}

#[test]
fn the_drawing_has_a_line_for_each_series_in_each_panel() {
    let svg = summary_svg(&fixtures::today());
    let document = roxmltree::Document::parse(&svg).expect("it is XML");
    let of = |name: &str, attribute: &str, value: &str| {
        document
            .descendants()
            .filter(|node| node.has_tag_name(name) && node.attribute(attribute) == Some(value))
            .count()
    };
    assert_eq!(of("polyline", "stroke-width", "1.8"), 20);
    assert_eq!(of("polygon", "fill-opacity", "0.18"), 20);
    // Two requests/s of one series are not believed.
    assert_eq!(of("polygon", "fill", "#ffffff"), 2);
}

#[test]
fn labels_do_not_lie_upon_one_another() {
    let svg = summary_svg(&fixtures::combined());
    let document = roxmltree::Document::parse(&svg).expect("it is XML");
    let position = |node: &roxmltree::Node<'_, '_>, name: &str| {
        node.attribute(name)
            .and_then(|text| text.parse::<f64>().ok())
    };
    let labels: Vec<(f64, f64)> = document
        .descendants()
        .filter(|node| {
            node.text()
                .is_some_and(|text| text.ends_with(".0") || text.ends_with(".1"))
                && node.attribute("font-size") == Some("12")
        })
        .filter_map(|node| Some((position(&node, "x")?, position(&node, "y")?)))
        .collect();
    assert!(labels.len() > 20, "{labels:?}");
    for (at, one) in labels.iter().enumerate() {
        for other in &labels[..at] {
            assert!(
                one.0 != other.0 || (one.1 - other.1).abs() >= 14.9,
                "{one:?} and {other:?}"
            );
        }
    }
}

#[test]
fn the_picture_has_its_size_and_is_not_blank() {
    for (name, analysis) in [
        ("today", fixtures::today()),
        ("empty", fixtures::empty()),
        ("many", fixtures::many()),
    ] {
        let bytes = render("png", &analysis);
        let picture = resvg::tiny_skia::Pixmap::decode_png(&bytes)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(picture.width(), 2240, "{name}");
        assert!(
            (1200..2400).contains(&picture.height()),
            "{name} is {} high",
            picture.height()
        );
        let colours: BTreeSet<_> = picture
            .pixels()
            .iter()
            .step_by(11)
            .map(|pixel| (pixel.red(), pixel.green(), pixel.blue()))
            .collect();
        assert!(colours.len() > 10, "{name} has {} colours", colours.len());
    }
}

#[test]
fn text_in_the_picture_is_drawn_with_the_bundled_font() {
    let (with, mut without) = (fixtures::two_levels(), fixtures::two_levels());
    without.suite.clear();
    assert_ne!(render("png", &with), render("png", &without));
}

#[test]
fn the_page_holds_hostile_text_as_text() {
    let page = text("html", &fixtures::hostile());
    let own = text("html", &fixtures::some_failed());
    for tag in ["<script", "</script", "<img", "onerror=alert"] {
        let escaped_only = page.matches(tag).count() - own.matches(tag).count();
        let inert = if tag == "onerror=alert" {
            page.matches("&lt;img src=x onerror=alert").count()
                + page.matches("\\u003cimg src=x onerror=alert").count()
        } else {
            0
        };
        assert_eq!(escaped_only, inert, "{tag}");
    }
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"));
    assert!(!page.contains('\u{1b}'));
}

#[test]
fn the_page_fetches_nothing_and_embeds_the_results() {
    let analysis = fixtures::hostile();
    let page = text("html", &analysis);
    for reference in ["<link", "src=\"", "@import", "url(http"] {
        let body = page.split("<script>").next().expect("there is a head");
        assert!(!body.contains(reference), "{reference}");
    }
    let (_, rest) = page
        .split_once("<script type=\"application/json\" id=\"results\">")
        .expect("results are embedded");
    let (json, _) = rest.split_once("</script>").expect("the element ends");
    assert_eq!(
        serde_json::from_str::<Analysis>(json).expect("it is JSON"),
        analysis
    );
}

#[test]
fn the_page_says_everything_about_a_series() {
    let page = text("html", &fixtures::some_failed());
    for said in [
        "uvicorn==0.54.0",
        "--no-access-log",
        "access log",
        "ModuleNotFoundError",
        "stood in for",
        "hypervisor took",
        ">42<",
        "id=\"series-9\"",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn markdown_of_a_whole_run() {
    insta::assert_snapshot!(text("markdown", &fixtures::some_failed()));
}

#[test]
fn markdown_escapes_what_comes_from_outside() {
    let markdown = text("markdown", &fixtures::hostile());
    // Inside a fence everything is text.
    let fenced = |line: &&str| line.trim_start().starts_with("```");
    let outside: Vec<&str> = markdown.split("```").step_by(2).collect();
    assert_eq!(markdown.lines().filter(fenced).count(), 4);
    assert!(
        outside
            .iter()
            .all(|text| !text.contains("<script") && !text.contains("<img"))
    );
    let rows: Vec<&str> = markdown
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    assert_eq!(rows.len(), 11);
    for row in rows {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 9, "{row}");
    }
}
