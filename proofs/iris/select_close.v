(* SPDX-License-Identifier: BSL-1.0 *)
(** The channel of select: how it begins, and how a close refuses all who wait. *)
From iris.base_logic.lib Require Import invariants cancelable_invariants ghost_var ghost_map.
From iris.heap_lang Require Import proofmode notation.
From iris.algebra Require Import excl.
From sluice Require Import waiter select.

Section select.
  Context `{!heapGS Σ, !waitG Σ} (N : namespace).
  Implicit Types (c : chan) (n w : loc) (i : nat) (m : bool) (L P : list lined) (W : waiter (Σ := Σ)) (κ : case (Σ := Σ)).
  Notation parties := (parties N). Notation place := (place N). Notation claimed := (claimed N).
  Notation to_ring := (to_ring N). Notation is_waiter := (is_waiter N). Notation offer := (offer N). Notation commit := (commit N).
  Notation E := (⊤ ∖ ↑N).

  Notation sides := (sides N). Notation state := (state N). Notation chan_inv := (chan_inv N). Notation is_chan := (is_chan N).
  Notation attempted := (attempted N).

  (** ** A new channel, and its end *)
  Theorem new_chan_spec : {{{ True }}} new_chan #() {{{ c, RET (chan_value c); is_chan c ∗ content c [] false }}}.
  Proof.
    iIntros (Φ) "_ HΦ". rewrite /new_chan. wp_pures. wp_alloc lc as "Hm". wp_pures.
    wp_apply new_list_spec; first done. iIntros (ls) "[Hs _]". wp_pures. wp_apply new_list_spec; first done. iIntros (lr) "[Hr _]".
    wp_pures. wp_lam. wp_alloc ll as "Hl". wp_pures.
    iMod (own_alloc (Excl ())) as (gl) "Hgl"; first done. iMod (ghost_var_alloc (@None loc)) as (gh) "Hh".
    iMod (ghost_map_alloc (∅ : gmap loc (gname * Qp * loc))) as (gs) "[Hgs _]".
    iMod (ghost_map_alloc (∅ : gmap loc (gname * Qp * loc))) as (gr) "[Hgr _]".
    iMod (ghost_var_alloc (@nil val, false)) as (gc) "[Hc Hc']".
    set (c := Chan ll lc (λ b : bool, if b then ls else lr) gl gh (λ b : bool, if b then gs else gr) gc).
    iMod (inv_alloc (N .@ "lock") _ (lock_inv gl ll (guarded N c)) with "[-HΦ Hc']") as "#I".
    { iNext. iLeft. iFrame "Hl Hgl". iSplitL "Hh"; first by iExists _. iExists false. iFrame "Hm Hc".
      iExists [], [], [], []. rewrite /parties /registered !big_sepL_nil. iFrame. iPureIntro. repeat split; constructor. }
    iApply ("HΦ" $! c). iModIntro. by iFrame "Hc' I".
  Qed.

  Fixpoint waiters_value (ns : list loc) : val := match ns with [] => NONEV | n :: ns => SOMEV (#n, waiters_value ns) end.

  Lemma take_all_spec c side L P :
    {{{ holder c None ∗ parties c side L P ∗ content c [] true }}} take_all #(c_line c side)
    {{{ ns P', RET (waiters_value ns); holder c None ∗ parties c side [] P' ∗ content c [] true ∗ [∗ list] n ∈ ns, to_ring n }}}.
  Proof.
    iIntros (Φ) "(Hh & Hps & Hc) HΦ". iLöb as "IH" forall (L P Φ). wp_rec.
    wp_apply (take_spec N c side L P None with "[$Hh $Hps]"). iIntros ([n|] L' P') "(Hh & Hps & _ & Hr)"; wp_pures.
    - iDestruct "Hr" as (W ns i κ q (Hi & Hc & Hs & Hx)) "(#I & Hq & Ht & Hk & He & Ha & Hf & Hsv)".
      iMod (refuse with "Hc Hk") as "[Hc Hrf]"; first done. wp_apply ("IH" with "Hh Hps Hc").
      iIntros (ns' P'') "(Hh & Hps & Hc & Hns)". wp_pures. iApply ("HΦ" $! (n :: ns') P''). iModIntro. iFrame.
      iExists W, ns, i, κ, q, false. iFrame "∗ I". iSplit; first done. rewrite /holds. destruct (pushes κ); first (iExists _; iFrame).
      iDestruct "He" as (v) "He". iExists v. iFrame.
    - iDestruct "Hr" as %HL. rewrite (HL eq_refl). iApply ("HΦ" $! []). iModIntro. by iFrame.
  Qed.
  Lemma ring_all_spec ns : {{{ [∗ list] n ∈ ns, to_ring n }}} ring_all (waiters_value ns) {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "H HΦ". iInduction ns as [|n ns] "IH"; wp_rec; wp_pures; first by iApply "HΦ".
    iDestruct "H" as "[Hn H]". wp_apply (ring_spec with "Hn"). iIntros "_". wp_pures. iApply ("IH" with "H HΦ").
  Qed.

  (** true: it was open till now *)
  Theorem close_spec c (Q : bool → iProp Σ) :
    {{{ is_chan c ∗ ((∀ xs, content c xs false ={E}=∗ content c xs true ∗ Q true) ∧
                     (∀ xs, content c xs true ={E}=∗ content c xs true ∗ Q false)) }}}
      close (chan_value c)
    {{{ (b : bool), RET #b; Q b }}}.
  Proof.
    iIntros (Φ) "[#Hc HQ] HΦ". rewrite /close /chan_value. wp_pures. wp_apply (lock_spec with "Hc").
    iIntros "(Hlk & Ho & Hi)". wp_pures. iDestruct "Hi" as (m) "(Hm & Hco & Hs)". wp_load. destruct m; wp_pures.
    - iDestruct "HQ" as "[_ HQ]". iMod (fupd_mask_mono with "(HQ Hco)") as "[Hco HQ]"; first set_solver.
      wp_apply (unlock_spec with "[$Hc $Hlk $Ho Hm Hco Hs]"); first (iExists true; iFrame). iIntros "_". wp_pures. by iApply "HΦ".
    - iDestruct "HQ" as "[HQ _]". wp_store. iMod (fupd_mask_mono with "(HQ Hco)") as "[Hco HQ]"; first set_solver. wp_pures.
      iDestruct "Ho" as (o) "Ho". iMod (ghost_var_update None with "Ho") as "[Ho Ho']".
      iDestruct "Hs" as (Ls Ps Lr Pr) "(Hs & Hr & _)".
      wp_apply (take_all_spec c false with "[$Ho $Hr $Hco]"). iIntros (nr Pr') "(Ho & Hr & Hco & Hnr)". wp_pures.
      wp_apply (take_all_spec c true with "[$Ho $Hs $Hco]"). iIntros (nw Ps') "(Ho & Hs & Hco & Hnw)". wp_pures.
      iCombine "Ho Ho'" as "Ho". wp_apply (unlock_spec with "[$Hc $Hlk Ho Hm Hco Hs Hr]").
      { iSplitL "Ho"; first by iExists _. iExists true. iFrame "Hm Hco". iExists [], Ps', [], Pr'. by iFrame. }
      iIntros "_". wp_pures. wp_apply (ring_all_spec with "Hnr"). iIntros "_". wp_pures.
      wp_apply (ring_all_spec with "Hnw"). iIntros "_". wp_pures. by iApply "HΦ".
  Qed.
End select.
