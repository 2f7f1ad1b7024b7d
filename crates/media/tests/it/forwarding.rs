//! Whole calls: what a viewer sees when layers come and go and the network does its worst.

use media::Layers;

use crate::call::Call;
use crate::network::Weather;

const FINE: Weather = Weather {
    loss_permille: 0,
    double_permille: 0,
    delay_ms: 20,
    jitter_ms: 0,
    again_ms: 0,
};

#[test]
fn a_viewer_gets_the_best_encoding_soon_and_without_a_hole() {
    let mut call = Call::new(1, 3, FINE, FINE);
    call.run(5000);
    call.check();
    assert_eq!(call.current().map(|layers| layers.spatial), Some(2));
    let still = call.receiver.longest_still(1000, 5000);
    println!(
        "first picture after {} ms, then still for {still} ms",
        call.receiver.shown[0].0
    );
    assert!(call.receiver.shown[0].0 < 700);
    assert!(still <= 70, "{still} ms");
}

#[test]
fn an_encoding_that_falls_silent_is_left_for_one_that_flows() {
    for gone in [2_u8, 1] {
        let mut call = Call::new(2, 3, FINE, FINE);
        call.most = Layers {
            spatial: gone,
            temporal: 3,
        };
        call.run(4000);
        assert_eq!(call.current().map(|layers| layers.spatial), Some(gone));
        call.publisher.switch(gone, false);
        call.run(4000);
        call.check();
        let still = call.receiver.longest_still(3500, 8000);
        println!("encoding {gone} fell silent: still for {still} ms");
        assert!(still <= 900, "{still} ms");
        assert_eq!(call.current().map(|layers| layers.spatial), Some(gone - 1));
        call.publisher.switch(gone, true);
        call.run(4000);
        assert_eq!(call.current().map(|layers| layers.spatial), Some(gone));
        let still = call.receiver.longest_still(8000, 12_000);
        assert!(still <= 200, "{still} ms on the way back");
        call.check();
    }
}
