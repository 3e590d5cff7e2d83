(* SPDX-License-Identifier: BSL-1.0 *)
(** reclaim: collect. What was retired is stamped, what others left is adopted, and what no look excludes from freeing is freed. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_map.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import reclaim reclaim_state reclaim_scan.

Section collect.
  Context `{!heapGS Σ, !reclaimG Σ} (N : namespace) (content : loc → iProp Σ).
  Implicit Types (γ : names) (d r o l f k : loc) (x : reader) (R : gmap loc reader) (O : gmap loc object) (e b u : nat).
  Implicit Types (K : nat → nat → gset loc → Prop).
  Notation stamped := (stamped content). Notation unstamped := (unstamped content).
  Notation is_domain := (is_domain N content). Notation garbage := (garbage content).

  Lemma stamp_spec γ (d : loc) (m p : val) f k M (now : nat) :
    M ≤ now →
    {{{ stack (unstamped γ M) f ∗ stack (stamped γ any) k }}} stamp ((#d, m), (p, (#f, #k)))%V #now
    {{{ RET #(); f ↦ NONEV ∗ stack (stamped γ any) k }}}.
  Proof.
    iIntros (HM Φ) "[Hf Hk] HΦ". iLöb as "IH". wp_rec. wp_pures. wp_apply (pop_spec with "Hf").
    iIntros (v) "[[-> Hf]|H]"; first by (wp_pures; iApply "HΦ"; iFrame).
    iDestruct "H" as (o ->) "(Hf & Ho & Hn)". iDestruct "Ho" as (b u may Hu) "[Ho H1]". iDestruct "H1" as (w) "H1".
    wp_pures. wp_store. wp_pures. wp_apply (push_spec with "[$Hk $Hn Ho H1]").
    { iExists b, u, may, now. iFrame. iPureIntro. split; [lia|done]. }
    iIntros "Hk". wp_pures. by iApply ("IH" with "Hf Hk").
  Qed.
  Lemma adopt_spec γ (d : loc) (m p : val) f k v os :
    {{{ chain v os ∗ ([∗ list] o ∈ os, stamped γ any o) ∗ stack (stamped γ any) k }}} adopt ((#d, m), (p, (#f, #k)))%V v
    {{{ RET #(); stack (stamped γ any) k }}}.
  Proof.
    iIntros (Φ) "(Hc & Hos & Hk) HΦ". iInduction os as [|o os] "IH" forall (v); simpl; wp_rec.
    { iDestruct "Hc" as %->. wp_pures. by iApply "HΦ". }
    iDestruct "Hc" as (-> w) "[Hn Hc]". iDestruct "Hos" as "[Ho Hos]". wp_pures. wp_load. wp_pures.
    wp_apply (push_spec with "[$Hk $Ho Hn]"); first by iExists w. iIntros "Hk". wp_pures.
    by iApply ("IH" with "Hc Hos Hk").
  Qed.
  Lemma adopt_orphans_spec γ d (m p : val) f k :
    {{{ is_domain γ d ∗ stack (stamped γ any) k }}} adopt_orphans ((#d, m), (p, (#f, #k)))%V
    {{{ RET #(); stack (stamped γ any) k }}}.
  Proof.
    iIntros (Φ) "[[_ #I] Hk] HΦ". wp_lam. wp_pures. wp_bind (! _)%E.
    iInv "I" as (v os) "(>Hl & >Hc & Hos)". wp_load. destruct os as [|o os].
    - iDestruct "Hc" as %->. iModIntro. iSplitL "Hl Hos"; first (iNext; iExists NONEV, []; by iFrame).
      wp_pures. by iApply "HΦ".
    - iDestruct "Hc" as (->) "Hc". iModIntro. iSplitL "Hl Hc Hos"; first (iNext; iExists (SOMEV #o), (o :: os); by iFrame).
      wp_pures. wp_bind (Xchg _ _). iInv "I" as (v os') "(>Hl & >Hc & Hos)". wp_xchg. iModIntro.
      iSplitL "Hl"; first (iNext; by iApply stack_empty). by wp_apply (adopt_spec with "[$Hc $Hos $Hk]").
  Qed.

  Lemma free_all_spec γ d l :
    {{{ is_domain γ d ∗ stack (stamped γ (within ∅)) l }}} free_all #l {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "[#[I I'] Hl] HΦ". iLöb as "IH". wp_rec. wp_apply (pop_spec with "Hl").
    iIntros (v) "[[-> Hl]|H]"; first by (wp_pures; iApply "HΦ").
    iDestruct "H" as (o ->) "(Hl & Ho & Hn)". iDestruct "Ho" as (b u may t [Hu Hmay]) "[(Ho & H0 & Hf) H1]".
    assert (may = ∅) as -> by (rewrite /within in Hmay; set_solver). iDestruct "Hf" as (g) "[H3 Hg]". wp_pures. wp_bind (! _)%E.
    iInv "I" as (e R O) "[>Hs HO]". iMod (state_forget with "Hs Ho") as (Ho) "[Hs H0']". wp_load.
    rewrite /contents (big_sepS_delete _ (dom O) o) //. iDestruct "HO" as "[Hcon HO]".
    iModIntro. iSplitL "Hs HO"; first (iNext; iExists e, R, _; iFrame; by rewrite /contents dom_delete_L).
    iCombine "H0 H0'" as "H0". wp_bind (g _). iApply (wp_wand with "(Hg [H0 H1 Hn H3] Hcon)").
    { iSplitL "H0"; [by iExists _|]. iSplitL "H1"; [by iExists _|]. iFrame. by iExists _. }
    iIntros (w) "_". wp_pures. by iApply ("IH" with "Hl").
  Qed.

  Lemma collect_spec γ d (m p : val) f k :
    {{{ is_domain γ d ∗ garbage γ f k }}} collect ((#d, m), (p, (#f, #k)))%V {{{ RET #(); garbage γ f k }}}.
  Proof.
    iIntros (Φ) "[#[I I'] Hg] HΦ". iDestruct "Hg" as (M) "(#HM & Hf & Hk)". wp_lam. wp_pures. wp_bind (FAA _ _).
    iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_not_before with "Hs HM") as %Hle.
    iDestruct (state_tick with "Hs") as "(He & _ & Hs)". wp_faa. replace (e + 1)%Z with (Z.of_nat (S e)) by lia.
    iMod ("Hs" with "He") as "Hs". iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). wp_pures.
    wp_apply (stamp_spec with "[$Hf $Hk]"); first done. iIntros "[Hf Hk]". wp_pures.
    wp_apply (adopt_orphans_spec with "[$I $I' $Hk]"). iIntros "Hk". wp_pures.
    wp_apply (unprotected_spec with "[$I $I' $Hk]"). iIntros (l) "[Hl Hk]".
    wp_apply (free_all_spec with "[$I $I' $Hl]"). iIntros "_". iApply "HΦ". iExists M. iFrame "HM Hk". by iApply stack_empty.
  Qed.
  Lemma maybe_collect_spec γ d (m p : val) f k :
    {{{ is_domain γ d ∗ garbage γ f k }}} maybe_collect ((#d, m), (p, (#f, #k)))%V {{{ RET #(); garbage γ f k }}}.
  Proof.
    iIntros (Φ) "[#I Hg] HΦ". wp_lam. wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; last by iApply "HΦ".
    by wp_apply (collect_spec with "[$I $Hg]").
  Qed.
End collect.
