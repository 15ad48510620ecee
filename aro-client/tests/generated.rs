//! What is committed was made of the description that is committed. The whole comparison is `cargo xtask generate
//! --check`, which has to build the generator.

use aro_api::swagger::openapi;

#[test]
fn the_generated_client_is_that_of_the_description() {
    let generated = include_str!("../src/generated.rs");
    assert!(
        generated.contains(&format!("Fingerprint of the description: {}", openapi::fingerprint())),
        "run `cargo xtask generate`"
    );
}

#[test]
fn enumerations_have_the_words_of_the_model() {
    let generated = include_str!("../src/enumerations.rs");
    for word in aro_api::model::Visibility::WORDS {
        assert!(
            generated.contains(&format!("= \"{word}\"")),
            "run `cargo xtask generate`: {word} is missing"
        );
    }
}
