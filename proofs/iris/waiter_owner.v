(* SPDX-License-Identifier: BSL-1.0 *)
(** What the owner of a waiter does: it sleeps until it is rung, or gives up. *)
From iris.base_logic.lib Require Import invariants cancelable_invariants ghost_var ghost_map.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import waiter.

Section waits.
  Context `{!heapGS Σ, !waitG Σ} (N : namespace).
  Implicit Types (c : chan) (n w : loc) (i : nat) (q : Qp) (ns : list (loc * Qp)) (W : waiter (Σ := Σ)) (κ : case (Σ := Σ)).
  Notation is_waiter := (is_waiter N).

  (** ** What the owner does *)
  Definition waiting W ns : iProp Σ := ghost_var (γp W) (1/2) (Some ns).
  (** what it knows when its bell has rung *)
  Definition served W ns : iProp Σ :=
    ∃ i, others_stay W ns i ∗ result W ns i ∗ ghost_var (γt W) (1/4) (ns, i).

  Lemma sleep_spec W q :
    {{{ is_waiter W ∗ cinv_own (γw W) q }}} CmpXchg #(at_ W +ₗ 1) #silent #asleep {{{ v, RET v; cinv_own (γw W) q }}}.
  Proof.
    iIntros (Φ) "[[%Hg #I] Hq] HΦ". iInv "I" as "[H Hq]" "Hclose". iDestruct "H" as (z b) "(>Hz & >Hb & H)".
    destruct (decide (b = silent)) as [->|Hb].
    - wp_cmpxchg_suc. iMod ("Hclose" with "[Hz Hb H]") as "_"; last by iApply "HΦ".
      iNext. iExists z, asleep. iFrame "Hz Hb".
      iDestruct "H" as "[[[% %] H]|[H|[H|[H|H]]]]".
      + iLeft. by iFrame.
      + iDestruct "H" as (ns) "[[% %] H]". iRight. iLeft. iExists ns. by iFrame.
      + iDestruct "H" as (ns i) "[[% %] H]". iRight. iRight. iLeft. iExists ns, i. by iFrame.
      + iDestruct "H" as (ns i) "[[% %] H]". done.
      + do 4 iRight. done.
    - wp_cmpxchg_fail. iMod ("Hclose" with "[Hz Hb H]") as "_"; last by iApply "HΦ". iNext. iExists z, b. iFrame.
  Qed.

  Lemma has_rung_spec W q ns :
    {{{ is_waiter W ∗ cinv_own (γw W) q ∗ waiting W ns }}} has_rung #(at_ W)
    {{{ b, RET #b; cinv_own (γw W) q ∗ if b : bool then served W ns else waiting W ns }}}.
  Proof.
    iIntros (Φ) "([%Hg #I] & Hq & Hp) HΦ". wp_lam. wp_pures. wp_bind (! _)%E. iInv "I" as "[H Hq]" "Hclose".
    iDestruct "H" as (z b) "(>Hz & >Hb & H)". wp_load. destruct (decide (b = rung)) as [->|Hb]; last first.
    { iMod ("Hclose" with "[Hz Hb H]") as "_"; first (iNext; iExists z, b; iFrame). iModIntro. wp_pures.
      rewrite bool_decide_false; last (intros [=]; lia). iApply "HΦ". by iFrame. }
    iDestruct "H" as "[[[% %] _]|[H|[H|[H|H]]]]"; first done.
    - iDestruct "H" as (ns') "[[% %] _]". done.
    - iDestruct "H" as (ns' i) "[[% %] _]". done.
    - iDestruct "H" as (ns' i) "([-> _] & Hp' & Ht & Hst & Hres)". iDestruct "Ht" as (u) "Ht".
      iDestruct (ghost_var_agree with "Hp Hp'") as %[= <-]. iCombine "Hp Hp'" as "Hp".
      iMod (ghost_var_update (ns, i) with "Ht") as "Ht".
      iAssert (ghost_var (γt W) (3/4 + 1/4) (ns, i)) with "[Ht]" as "[Ht Ht']"; first by rewrite Qp.three_quarter_quarter.
      iMod ("Hclose" with "[Hz Hb Hp Ht]") as "_".
      { iNext. iExists i, rung. iFrame "Hz Hb". do 4 iRight. iExists (ns, i), (3/4)%Qp. iFrame "Ht".
        iSplit; first (iPureIntro; split; [lia|by right]). by iExists _. }
      iModIntro. wp_pures. iApply "HΦ". iModIntro. iFrame "Hq". iExists i. iFrame.
    - iDestruct "H" as (u q') "(_ & Hp' & _)". iDestruct "Hp'" as (p) "Hp'".
      iDestruct (ghost_var_valid_2 with "Hp' Hp") as %[Hv _]. by destruct (Qp.not_add_le_l 1 (1/2)).
  Qed.

  Lemma wait_spec W q ns :
    {{{ is_waiter W ∗ cinv_own (γw W) q ∗ waiting W ns }}} wait #(at_ W)
    {{{ b, RET #b; cinv_own (γw W) q ∗ if b : bool then served W ns else waiting W ns }}}.
  Proof.
    iIntros (Φ) "(#Hw & Hq & Hp) HΦ". iLöb as "IH". wp_rec. wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ _, cinv_own (γw W) q) with "[Hq]").
    { wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; first done.
      wp_apply (sleep_spec with "[$Hw $Hq]"). iIntros (v) "Hq". by wp_pures. }
    iIntros (?) "Hq". wp_pures. wp_apply (has_rung_spec with "[$Hw $Hq $Hp]"). iIntros ([]) "[Hq Hp]"; wp_pures.
    { iApply "HΦ". by iFrame. }
    wp_apply (has_rung_spec with "[$Hw $Hq $Hp]"). iIntros ([]) "[Hq Hp]"; wp_pures.
    { iApply "HΦ". by iFrame. }
    wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; first (iApply "HΦ"; by iFrame).
    by iApply ("IH" with "Hq Hp HΦ").
  Qed.
  Lemma wait_for_ever_spec W q ns :
    {{{ is_waiter W ∗ cinv_own (γw W) q ∗ waiting W ns }}} wait_for_ever #(at_ W)
    {{{ RET #(); cinv_own (γw W) q ∗ served W ns }}}.
  Proof.
    iIntros (Φ) "(#Hw & Hq & Hp) HΦ". iLöb as "IH". wp_rec. wp_apply (wait_spec with "[$Hw $Hq $Hp]").
    iIntros ([]) "[Hq Hp]"; wp_pures; [iApply "HΦ"; by iFrame|by iApply ("IH" with "Hq Hp HΦ")].
  Qed.

  Lemma give_up_spec W q ns :
    {{{ is_waiter W ∗ cinv_own (γw W) q ∗ waiting W ns }}} elect #(at_ W) #gave_up
    {{{ b, RET #b; cinv_own (γw W) q ∗ if b : bool then offer N (cases W) ∗ all_stay W ns else waiting W ns }}}.
  Proof.
    iIntros (Φ) "([%Hg #I] & Hq & Hp) HΦ". wp_lam. wp_pures. wp_bind (CmpXchg _ _ _). iInv "I" as "[H Hq]" "Hclose".
    iDestruct "H" as (z b) "(>Hz & >Hb & H)". destruct (decide (z = undecided)) as [->|Hz]; last first.
    { wp_cmpxchg_fail. iMod ("Hclose" with "[Hz Hb H]") as "_"; first (iNext; iExists z, b; iFrame).
      iModIntro. wp_pures. iApply "HΦ". by iFrame. }
    wp_cmpxchg_suc. iDestruct "H" as "[(_ & Hp' & _)|[H|[H|[H|H]]]]".
    - by iDestruct (ghost_var_agree with "Hp Hp'") as %?.
    - iDestruct "H" as (ns') "(_ & Hp' & Ht & Ho & Hst)". iDestruct (ghost_var_agree with "Hp Hp'") as %[= <-].
      iCombine "Hp Hp'" as "Hp". iDestruct "Ht" as (u) "Ht". iMod ("Hclose" with "[Hz Hb Hp Ht]") as "_".
      { iNext. iExists gave_up, b. iFrame "Hz Hb". do 4 iRight. iExists u, 1%Qp. iFrame "Ht".
        iSplit; first (iPureIntro; split; [lia|by left]). by iExists _. }
      iModIntro. wp_pures. iApply "HΦ". by iFrame.
    - iDestruct "H" as (ns' i) "[[% _] _]". lia.
    - iDestruct "H" as (ns' i) "[[% _] _]". lia.
    - iDestruct "H" as (u q') "[[% _] _]". done.
  Qed.

  Lemma winner_spec W q ns i :
    {{{ is_waiter W ∗ cinv_own (γw W) q ∗ ghost_var (γt W) (1/4) (ns, i) }}} winner #(at_ W)
    {{{ RET #i; cinv_own (γw W) q }}}.
  Proof.
    iIntros (Φ) "([%Hg #I] & Hq & Ht) HΦ". wp_lam. wp_pures. iInv "I" as "[H Hq]" "Hclose". iDestruct "H" as (z b) "(>Hz & >Hb & H)". wp_load.
    iAssert (⌜z = i⌝)%I as %->.
    { iDestruct "H" as "[(_ & _ & Ht' & _)|[H|[H|[H|H]]]]".
      - iDestruct "Ht'" as (u) "Ht'". iDestruct (ghost_var_valid_2 with "Ht' Ht") as %[Hv _]. by destruct (Qp.not_add_le_l 1 (1/4)).
      - iDestruct "H" as (ns') "(_ & _ & Ht' & _)".
        iDestruct "Ht'" as (u) "Ht'". iDestruct (ghost_var_valid_2 with "Ht' Ht") as %[Hv _]. by destruct (Qp.not_add_le_l 1 (1/4)).
      - iDestruct "H" as (ns' i') "([-> _] & _ & Ht' & _)". by iDestruct (ghost_var_agree with "Ht Ht'") as %[= <- <-].
      - iDestruct "H" as (ns' i') "(_ & _ & Ht' & _)".
        iDestruct "Ht'" as (u) "Ht'". iDestruct (ghost_var_valid_2 with "Ht' Ht") as %[Hv _]. by destruct (Qp.not_add_le_l 1 (1/4)).
      - iDestruct "H" as (u q') "([_ %Hq] & _ & Ht')". destruct Hq as [->|[-> ->]].
        + iDestruct (ghost_var_valid_2 with "Ht' Ht") as %[Hv _]. by destruct (Qp.not_add_le_l 1 (1/4)).
        + by iDestruct (ghost_var_agree with "Ht Ht'") as %<-. }
    iMod ("Hclose" with "[Hz Hb H]") as "_"; first (iNext; iExists i, b; iFrame). by iApply "HΦ".
  Qed.

  Lemma end_waiter_spec w z b :
    {{{ (w +ₗ 0) ↦ z ∗ (w +ₗ 1) ↦ b }}} end_waiter #w {{{ RET #(); True }}}.
  Proof. iIntros (Φ) "[H0 H1] HΦ". wp_lam. wp_free. wp_free. by iApply "HΦ". Qed.
  Lemma new_waiter_spec :
    {{{ True }}} new_waiter #() {{{ w, RET #w; (w +ₗ 0) ↦ #undecided ∗ (w +ₗ 1) ↦ #silent }}}.
  Proof.
    iIntros (Φ) "_ HΦ". wp_lam. wp_alloc w as "H"; first done. wp_pures. change (Z.to_nat 2) with 2%nat.
    rewrite /= array_cons array_singleton. iDestruct "H" as "[H0 H1]".
    iAssert ((w +ₗ 0) ↦ #undecided)%I with "[H0]" as "H0"; first by rewrite loc_add_0.
    wp_bind (Store _ _). wp_store. wp_pures. iApply "HΦ". by iFrame.
  Qed.
End waits.
