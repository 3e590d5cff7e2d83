(* SPDX-License-Identifier: BSL-1.0 *)
(** A channel without a buffer: who waits at the seat with an element. All is done under the lock, but to vacate the seat, so the offer is
    the lock's holder's: a pop that takes it carries out what both of them want, in the step in which it takes the element from its place.
    Who offers waits there as a pop does that sits, and is told what that one would be. *)
From iris.base_logic.lib Require Import invariants ghost_var saved_prop.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import chan chan_wait chan_seat chan_rendezvous chan_rendezvous_seat.

Section offer.
  Context `{!heapGS Σ, !chanG Σ} (N : namespace) (idle lap : Z).
  Implicit Types (c : channel) (x : sitting) (k : nat) (s r m o ok waits : bool) (v : val) (Φ Ψ : val → iProp Σ) (L : list (loc * party)).
  Notation E := (⊤ ∖ ↑N).
  Notation content c := (content (c_ring c)).
  Notation push_update := (push_update N 0). Notation pop_update := (pop_update N). Notation parties := (parties N 0).
  Notation is_words := (is_words N idle lap). Notation state := (state N idle lap).
  Notation chan_inv := (chan_inv N idle lap). Notation is_chan := (is_chan N idle lap). Notation chan_value := (chan_value lap).
  Notation word c := (seat_at c +ₗ 0)%Z. Notation cell c := (seat_at c +ₗ 1)%Z.
  Notation offer_inv := (offer_inv N). Notation on_offer := (on_offer N).

  (** ** Under the lock: while a push offers the channel is open, and no pop is in line, nor does one sit *)
  Theorem who_offers_is_alone c :
    is_words c -∗ chan_inv c ={⊤, ⊤ ∖ ↑N .@ "words"}=∗ ∃ m L x,
      let now := (open c m ∗ parties c false L ∗ word c ↦{#share x} #(number x))%I in
      now ∗ ⌜(∃ z, x = Offered z) → m = false ∧ L = []⌝ ∗ (now ={⊤ ∖ ↑N .@ "words", ⊤}=∗ chan_inv c).
  Proof.
    iIntros "[_ #I] [Hk Hi]". iDestruct "Hi" as (o m Ls Lr) "(Ho & [Hof Hoffer] & Hws & HLs & HLr & %HP)".
    iInv "I" as (s r m') "(>[Ht Hh] & >Ho' & >Hc & >%Hm & Hx)" "Hclose".
    iDestruct "Hx" as (k x) "(>Hk' & >Hn & >%Hkx & >Hw & H)". iDestruct (ghost_var_agree with "Hn Hof") as %Hno.
    iModIntro. iExists m, Lr, x. iFrame "Ho HLr Hw". iSplit.
    { iPureIntro. intros Hx%(offer_is_offered _ _ Hno). by apply HP. }
    iIntros "(Ho & HLr & Hw)". iMod ("Hclose" with "[Ht Hh Ho' Hc Hk' Hn Hw H]") as "_".
    { iNext. iExists s, r, m'. iFrame "Ht Hh Ho' Hc". iSplit; first done. iExists k, x. by iFrame. }
    iModIntro. iFrame "Hk". iExists o, m, Ls, Lr. by iFrame.
  Qed.

  (** ** A look: the lock's holder knows the answer *)
  Lemma has_offer_spec c o :
    {{{ is_words c ∗ offer_inv c o }}} has_offer #(seat_at c) {{{ RET #o; offer_inv c o }}}.
  Proof.
    iIntros (Φ) "([_ I] & [Hof Hoffer]) HΦ". wp_lam. wp_pures. wp_bind (! _)%E.
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)". wp_load.
    iDestruct (ghost_var_agree with "Hn Hof") as %Hno. pose proof (offer_is_offered _ _ Hno) as Hx.
    iModIntro. iSplitR "Hof Hoffer HΦ"; first (iNext; iExists s, r, m; iFrame; iSplit; first done; iExists k', x; by iFrame).
    iAssert (Φ #o) with "[Hof Hoffer HΦ]" as "HΦ"; first (iApply "HΦ"; by iFrame). wp_pures. destruct o.
    - destruct (proj1 Hx eq_refl) as [[] ->]; by wp_pures.
    - assert (∀ z, x ≠ Offered z) as Hx' by (intros z ->; by assert (false = true) by (apply Hx; by exists z)).
      rewrite bool_decide_eq_false_2; last (intros [= Hw]; by apply (Hx' false), number_offered).
      wp_pures. rewrite bool_decide_eq_false_2; last (intros [= Hw]; by apply (Hx' true), number_offered). done.
  Qed.
  (** without the lock it may have any answer *)
  Lemma offers_spec c : {{{ is_words c }}} offers #(seat_at c) {{{ (b : bool), RET #b; True }}}.
  Proof.
    iIntros (Φ) "[_ I] HΦ". wp_lam. wp_pures. wp_bind (! _)%E.
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)". wp_load.
    iModIntro. iSplitR "HΦ"; first (iNext; iExists s, r, m; iFrame; iSplit; first done; iExists k', x; by iFrame).
    wp_pures. case_bool_decide; wp_pures; by iApply "HΦ".
  Qed.

  (** ** To offer: first the place is the lock's holder's, then the element is there *)
  Lemma put_on_offer_spec c v Φ' :
    {{{ is_words c ∗ knows c 0 ∗ offer_inv c false ∗ push_update c true v Φ' }}} put_on_offer (chan_value c) v
    {{{ k, RET #(); knows c k ∗ offer_inv c true ∗ sits c (told Φ') }}}.
  Proof.
    iIntros (Φ) "([_ #I] & Hk & [Hof _] & AU) HΦ". wp_lam. wp_pures. wp_bind (_ <- _)%E.
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)".
    iDestruct (ghost_var_agree with "Hk Hk'") as %<-. destruct Hkx as [Hx _]. rewrite (Hx eq_refl).
    iDestruct "H" as "[>Hg >Hv]". iDestruct "Hv" as (u) "Hv". wp_store.
    iMod (ghost_var_update_halves 3%nat with "Hk Hk'") as "[Hk Hk']". iMod (ghost_var_update_halves 1%nat with "Hof Hn") as "[Hof Hn]".
    iModIntro. iSplitR "Hk Hof Hv AU HΦ".
    { iNext. iExists s, r, m. iFrame "Hws Ho Hc". iSplit; first done. iExists 3%nat, Kept. by iFrame. }
    wp_pures. wp_lam. wp_pures. iMod (saved_pred_alloc (told Φ') DfracDiscarded) as (g) "#S"; first done. clear s r m x Hm Hx.
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)".
    iDestruct (ghost_var_agree with "Hn Hof") as %Hno. assert (x = Kept) as -> by by destruct x.
    iDestruct "H" as ">Hg". iDestruct "Hg" as (g') "Hg". wp_store.
    iMod (ghost_var_update g with "Hg") as "[Hg Hg']". iMod (ghost_var_update_halves 3%nat with "Hk Hk'") as "[Hk Hk']".
    iMod (ghost_var_update_halves 2%nat with "Hof Hn") as "[Hof Hn]".
    iAssert (part c (1/2) (told Φ')) with "[Hg']" as "Hp"; first (iExists g; by iFrame "Hg' S").
    iDestruct (part_split with "Hp") as "[Hp Ht]". iDestruct "Hv" as "[Hv Hv']".
    iModIntro. iSplitR "Hk Hof Hg Hp Hv AU HΦ".
    { iNext. iExists s, r, m. iFrame "Hws Ho Hc". iSplit; first done. iExists 3%nat, (Offered false). iFrame "Hk' Hn Hw Ht".
      iSplit; first done. by iExists v. }
    iApply "HΦ". iFrame "Hk". iSplitR "Hg"; last (iExists g; by iFrame "Hg S"). iFrame "Hof". iExists v, Φ'. iFrame.
  Qed.

  (** ** To take it, or refuse it: whoever offered finds how it ended *)
  Lemma end_offer_spec c v Ψ ok :
    {{{ is_words c ∗ offering c 2 ∗ part c (1/4) Ψ ∗ cell c ↦{#1/2} v ∗ Ψ (popped_value (if ok then Got v else Not closed)) }}}
      Xchg #(seat_at c +ₗ 0) #(number (Over ok))
    {{{ w, RET w; offer_inv c false }}}.
  Proof.
    iIntros (Φ) "([_ I] & Hof & Hp & Hv & HΨ) HΦ".
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)".
    iDestruct (ghost_var_agree with "Hn Hof") as %Hno. assert (∃ z, x = Offered z) as [z ->] by (destruct x; naive_solver).
    iDestruct "H" as "[>Ht >Hv']". iDestruct "Ht" as (g) "Ht". iDestruct "Hv'" as (v') "Hv'".
    iDestruct (mapsto_agree with "Hv Hv'") as %<-. iCombine "Hv Hv'" as "Hv". wp_xchg.
    iDestruct (part_join with "Hp Ht") as "Hp". iMod (ghost_var_update_halves 0%nat with "Hof Hn") as "[Hof Hn]".
    iModIntro. iSplitR "Hof HΦ"; last (iApply "HΦ"; by iFrame "Hof"). iNext. iExists s, r, m. iFrame "Hws Ho Hc". iSplit; first done.
    iExists k', (Over ok). iFrame "Hk' Hn Hw". iSplit; first by iPureIntro; apply (agrees_on _ _ _ Hkx).
    iExists Ψ. iFrame "Hp". iExists v. iFrame.
  Qed.
  (** the exchange is where the element is taken from its place *)
  Lemma take_offer_spec c waits m o Φ' :
    (o = true → m = false) →
    {{{ is_words c ∗ open c m ∗ offer_inv c o ∗ pop_update c waits Φ' }}} take_offer (chan_value c)
    {{{ (u : option val), RET (if u is Some u then SOMEV u else NONEV);
        open c m ∗ offer_inv c false ∗ if u is Some u then Φ' (#(code moved), u)%V else ⌜o = false⌝ ∗ pop_update c waits Φ' }}}.
  Proof.
    iIntros (Hom Φ) "(#Hw & Ho & Hoffer & AU) HΦ". wp_lam. wp_pures. wp_apply (has_offer_spec with "[$Hw $Hoffer]").
    iIntros "Hoffer". destruct o; wp_pures; last (iApply ("HΦ" $! None); by iFrame). rewrite (Hom eq_refl).
    iDestruct "Hoffer" as "[Hof H]". iDestruct "H" as (v Ψ) "(Hp & Hv & AU')". wp_lam.
    iMod (exchange N idle lap c true waits v Ψ Φ' with "Hw Ho AU' AU") as "(Ho & HΨ & HΦ')". wp_load. wp_pures. wp_lam. wp_pures.
    wp_apply (end_offer_spec c v (told Ψ) true with "[$Hw $Hof $Hp $Hv HΨ]"); first (iExists _, v; by iFrame).
    iIntros (w) "Hoffer". wp_pures. iApply ("HΦ" $! (Some v)). by iFrame.
  Qed.
  Lemma refuse_offer_spec c :
    {{{ is_words c ∗ open c true ∗ offer_inv c true }}} refuse_seat #(seat_at c) {{{ RET #(); open c true ∗ offer_inv c false }}}.
  Proof.
    iIntros (Φ) "(#Hw & Ho & [Hof H]) HΦ". iDestruct "H" as (v Ψ) "(Hp & Hv & AU)". wp_lam. wp_lam. wp_pures.
    iMod (refuse N idle lap c true v Ψ with "Hw Ho AU") as "[Ho HΨ]".
    wp_apply (end_offer_spec c v (told Ψ) false with "[$Hw $Hof $Hp $Hv HΨ]"); first (iExists _, #(); by iFrame).
    iIntros (w) "Hoffer". wp_pures. iApply "HΦ". by iFrame.
  Qed.

  (** ** Under the lock: to offer, if nobody is there *)
  Lemma offer_spec c o Ls v Φ :
    {{{ is_words c ∗ (knows c 1 ∗ state c o false Ls []) ∗ push_update c true v Φ }}} offer (chan_value c) v
    {{{ (b : bool), RET #b; if b then chan_inv c ∗ sits c (told Φ) else (knows c 1 ∗ state c o false Ls []) ∗ push_update c true v Φ }}}.
  Proof.
    iIntros (Ψ) "(#Hw & [Hk Hs] & AU) HΨ". wp_lam. wp_pures. wp_apply nondet_bool_spec; first done.
    iIntros ([]) "_"; wp_pures; first (iApply "HΨ"; by iFrame).
    iDestruct "Hs" as "(Ho & [Hof Hoffer] & Hws & HLs & HLr & %HP)". wp_apply (line_empty with "HLs"). iIntros "HLs".
    case_bool_decide as HLs; wp_pures; last (iApply "HΨ"; by iFrame).
    wp_apply (is_vacant_spec with "[$Hw $Hk $Hof]"). iIntros ([]) "[Hof Hk]"; wp_pures; last (iApply "HΨ"; by iFrame).
    iDestruct "Hk" as "[Hk ->]". wp_apply (put_on_offer_spec with "[$Hw $Hk $Hof $AU]"). iIntros (k) "(Hk & Hoffer' & Hsit)". wp_pures.
    iApply "HΨ". iModIntro. iFrame "Hsit". iSplitL "Hk"; first by iExists k. iExists true, false, Ls, []. iFrame. iPureIntro. naive_solver.
  Qed.
  (** whoever takes it back has not been taken from, and never will be *)
  Lemma withdraw_spec c Φ :
    {{{ is_words c ∗ chan_inv c ∗ sits c (told Φ) }}} withdraw (chan_value c)
    {{{ (b : bool), RET #b; chan_inv c ∗ if b then ▷ Φ #(code quit) else sits c (told Φ) }}}.
  Proof.
    iIntros (Φ') "(#Hw & [Hk Hi] & Hs) HΦ". iDestruct "Hi" as (o m Ls Lr) "(Ho & Hoffer & Hws & HLs & HLr & %HP)".
    wp_lam. wp_pures. wp_apply (has_offer_spec with "[$Hw $Hoffer]"). iIntros "Hoffer". destruct o; wp_pures; last first.
    { iApply "HΦ". iModIntro. iFrame "Hs Hk". iExists false, m, Ls, Lr. by iFrame. }
    iDestruct "Hoffer" as "[Hof H]". iDestruct "H" as (v Ψ) "(Hp & Hv & AU)". wp_lam. wp_bind (_ <- _)%E. wp_pures.
    iPoseProof "Hw" as "[_ I]".
    iInv "I" as (s r m') "(>Hws' & >Ho' & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw' & H)".
    iDestruct (ghost_var_agree with "Hn Hof") as %Hno. assert (∃ z, x = Offered z) as [z ->] by (destruct x; naive_solver).
    iDestruct "H" as "[>Ht >Hv']". iDestruct "Ht" as (g) "Ht". iDestruct "Hv'" as (v') "Hv'".
    iDestruct (mapsto_agree with "Hv Hv'") as %<-. iCombine "Hv Hv'" as "Hv". wp_store.
    iDestruct (part_join with "Hp Ht") as "Hp". iDestruct (part_agree with "Hs Hp") as "#Heq". iDestruct (part_whole with "Hs Hp") as "Hg".
    iMod (ghost_var_update_halves 0%nat with "Hof Hn") as "[Hof Hn]".
    iModIntro. iSplitL "Hws' Ho' Hc Hk' Hn Hw' Hg Hv".
    { iNext. iExists s, r, m'. iFrame "Hws' Ho' Hc". iSplit; first done. iExists k', Vacant. iFrame "Hk' Hn Hw' Hg".
      iSplit; last by iExists v. iPureIntro. destruct Hkx as (H0 & _). by split. }
    iMod (push_quit with "AU") as "HΨ". wp_pures. iApply "HΦ". iModIntro. iSplitR "HΨ".
    { iFrame "Hk". iExists false, m, Ls, Lr. iFrame. iPureIntro. naive_solver. }
    iSpecialize ("Heq" $! (#(code quit), #())%V). iNext.
    iAssert (told Φ (#(code quit), #())%V) with "[HΨ]" as "H"; first (iRewrite "Heq"; iExists _, #(); by iFrame).
    iDestruct "H" as (y u [= <- _]) "$".
  Qed.

  (** ** The wait *)
  Lemma wait_on_offer_spec c Φ : is_chan c -∗ sits c (told Φ) -∗ WP wait_on_offer (chan_value c) {{ Φ }}.
  Proof.
    iIntros "#[Hl Hw] Hs". wp_lam. wp_pures. wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ d, ∃ left : bool, ⌜d = #left⌝ ∗ if left then Φ #(code quit) else known c (told Φ))%I with "[Hs]").
    { wp_apply (wait_at_spec with "[$Hw $Hs]"). iIntros ([]) "H"; wp_pures; first (iExists false; by iFrame).
      wp_apply (futex_lock.lock_spec with "Hl"). iIntros "[Hlk Hi]". wp_pures.
      wp_apply (withdraw_spec with "[$Hw $Hi $H]"). iIntros (b) "[Hi H]". wp_pures.
      wp_apply (futex_lock.unlock_spec with "[$Hl $Hlk $Hi]"). iIntros "_". destruct b; wp_pures; first (iExists true; by iFrame).
      wp_apply (wait_at_for_ever_spec with "[$Hw $H]"). iIntros "H". wp_pures. iExists false. by iFrame. }
    iIntros (d) "H". iDestruct "H" as (left ->) "H". destruct left; wp_pures; first done.
    wp_apply (was_served_spec with "H"). iIntros (ok) "[Hwd H]". iDestruct "H" as (u) "[Hv HΦ]". wp_pures.
    wp_apply (vacate_spec with "[$Hw $Hwd $Hv]"). iIntros "_". wp_pures.
    iDestruct "HΦ" as (y z Hy) "HΦ". by destruct ok; injection Hy as <- _; wp_pures.
  Qed.
End offer.
