(* SPDX-License-Identifier: BSL-1.0 *)
(** reclaim: a closed program. Any number of threads replace the object at a root and retire the one before, and look at the
    object there inside sections, in which they replace it too, in any number and order; each comes and goes with a record of
    its own. No interleaving of theirs touches an object that was freed, or frees one twice: it would be stuck. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_map.
From iris.program_logic Require Import weakestpre adequacy.
From iris.heap_lang Require Import proofmode notation adequacy.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import reclaim reclaim_state reclaim_collect reclaim_section reclaim_owner.

Notation value_of o := (o +ₗ #4)%E.
Definition delete : val := λ: "o",
  Free (birth_of "o");; Free (retired_of "o");; Free (next_of "o");; Free (free_of "o");; Free (value_of "o").
Definition new_node : val := λ: "t", let: "o" := AllocN #5 #0 in make "t" "o";; "o".
Definition replace : val := λ: "t" "root", retire "t" (Xchg "root" (new_node "t")) delete.
Definition sometimes : val := λ: "f", if: nondet_bool #() then "f" #() else #().
Definition look : val := λ: "t" "root",
  lock "t";;
  let: "o" := protect "t" (read "root") in
  !(value_of "o");;
  sometimes (λ: <>, replace "t" "root");;
  !(value_of "o");;
  unlock "t".
Definition work : val := rec: "work" "t" "root" :=
  (if: nondet_bool #() then replace "t" "root" else look "t" "root");;
  if: nondet_bool #() then "work" "t" "root" else #().
Definition worker : val := λ: "d" "root",
  let: "t" := new_reclaimer "d" in work "t" "root";; end_reclaimer "t".
Definition workers : val := λ: "n",
  let: "d" := new_domain #() in
  let: "root" := ref (new_node (new_reclaimer "d")) in
  (rec: "start" "i" := if: "i" = #0 then #() else Fork (worker "d" "root");; "start" ("i" - #1)) "n".

Section safe.
  Context `{!heapGS Σ, !reclaimG Σ}.
  Notation N := (nroot .@ "reclaim").
  Implicit Types (γ : names) (d o l root : loc) (t : val).

  Definition content o : iProp Σ := ∃ v, (o +ₗ 4) ↦ v.
  Definition is_root γ root : iProp Σ := inv (nroot .@ "root") (∃ o, root ↦ #o ∗ alive γ o).
  Notation is_domain := (is_domain N content). Notation part := (part content).

  Lemma delete_frees o : ⊢ frees content delete o.
  Proof.
    iIntros "(H0 & H1 & H2 & H3) H4". iDestruct "H0" as (v0) "H0". iDestruct "H1" as (v1) "H1". iDestruct "H2" as (v2) "H2".
    iDestruct "H3" as (v3) "H3". iDestruct "H4" as (v4) "H4". wp_lam. do 5 (wp_pures; wp_free). done.
  Qed.
  Lemma new_node_spec γ d t s :
    {{{ is_domain γ d ∗ part γ d t s }}} new_node t {{{ o, RET #o; part γ d t s ∗ alive γ o }}}.
  Proof.
    iIntros (Φ) "[#I Ht] HΦ". wp_lam. wp_alloc o as "Ho"; first lia. rewrite /array /=.
    iDestruct "Ho" as "(H0 & H1 & H2 & H3 & H4 & _)". wp_pures. wp_apply (make_spec with "[$I $Ht H0 H1 H2 H3 H4]").
    { iSplitR "H4"; last by iExists _. iSplitL "H0"; [by iExists _|]. iSplitL "H1"; [by iExists _|].
      iSplitL "H2"; by iExists _. }
    iIntros "H". wp_pures. by iApply "HΦ".
  Qed.
  Lemma replace_spec γ d t s root :
    {{{ is_domain γ d ∗ is_root γ root ∗ part γ d t s }}} replace t #root {{{ RET #(); part γ d t s }}}.
  Proof.
    iIntros (Φ) "(#I & #Iroot & Ht) HΦ". wp_lam. wp_pures. wp_apply (new_node_spec with "[$I $Ht]"). iIntros (o) "[Ht Ho]".
    wp_bind (Xchg _ _). iInv "Iroot" as (o') "[>Hroot Ho']". wp_xchg. iModIntro.
    iSplitL "Hroot Ho"; first (iNext; iExists o; iFrame). iApply (retire_spec with "[$I $Ht $Ho']"); last done.
    iApply delete_frees.
  Qed.
  Lemma value_spec γ d t S o :
    o ∈ S → {{{ is_domain γ d ∗ part γ d t (Some S) }}} !#(o +ₗ 4) {{{ v, RET v; part γ d t (Some S) }}}.
  Proof.
    iIntros (Ho Φ) "[#I Ht] HΦ". iMod (section_access with "I Ht") as "[Hc Hclose]"; [done..|].
    iDestruct "Hc" as (v) "Hc". wp_load. iMod ("Hclose" with "[Hc]") as "Ht"; first by iExists v. by iApply "HΦ".
  Qed.
  Lemma root_loads γ d root :
    is_domain γ d -∗ is_root γ root -∗ loads γ (λ: <>, !#root)%V (λ v S, ∃ o, ⌜v = #o ∧ o ∈ S⌝).
  Proof.
    iIntros "#I #Iroot !>" (r up S) "Hx". wp_pures. iInv "Iroot" as (o) "[>Hroot >Ho]".
    iMod (take_up with "I Hx Ho") as "[Ho Hx]"; first solve_ndisj. wp_load. iModIntro.
    iSplitL "Hroot Ho"; first (iNext; iExists o; iFrame). iDestruct "Hx" as "[Hx|[Hx Hup]]".
    - iExists _. iFrame "Hx". iSplit; first (iPureIntro; set_solver). iLeft. iExists o. iPureIntro. set_solver.
    - iExists S. iFrame. done.
  Qed.
  Lemma look_spec γ d t root :
    {{{ is_domain γ d ∗ is_root γ root ∗ part γ d t None }}} look t #root {{{ RET #(); part γ d t None }}}.
  Proof.
    iIntros (Φ) "(#I & #Iroot & Ht) HΦ". wp_lam. wp_pures. wp_apply (lock_spec with "[$I $Ht]"). iIntros "Ht". wp_pures.
    wp_lam. wp_pures. wp_apply (protect_spec with "[$I $Ht]"); first by iApply root_loads.
    iIntros (v S) "(_ & Ht & H)". iDestruct "H" as %(o & -> & Ho). wp_pures.
    wp_apply (value_spec with "[$I $Ht]"); first done. iIntros (w) "Ht". wp_pures. wp_lam.
    wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
    1: wp_apply (replace_spec with "[$I $Iroot $Ht]"); iIntros "Ht"; wp_pures.
    all: wp_apply (value_spec with "[$I $Ht]"); first done; iIntros (w') "Ht"; wp_pures.
    all: by wp_apply (unlock_spec with "[$I $Ht]").
  Qed.
  Lemma work_spec γ d t root :
    {{{ is_domain γ d ∗ is_root γ root ∗ part γ d t None }}} work t #root {{{ RET #(); part γ d t None }}}.
  Proof.
    iIntros (Φ) "(#I & #Iroot & Ht) HΦ". iLöb as "IH". wp_rec. wp_pures.
    iAssert (part γ d t None -∗ WP if: nondet_bool #() then work t #root else #() {{ v, Φ v }})%I with "[HΦ]" as "Hon".
    { iIntros "Ht". wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; last by iApply "HΦ".
      by iApply ("IH" with "Ht"). }
    wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
    - wp_apply (replace_spec with "[$I $Iroot $Ht]"). iIntros "Ht". wp_pures. by iApply "Hon".
    - wp_apply (look_spec with "[$I $Iroot $Ht]"). iIntros "Ht". wp_pures. by iApply "Hon".
  Qed.
  Lemma workers_spec (n : nat) : ⊢ WP workers #n {{ _, True }}.
  Proof.
    wp_lam. wp_apply (new_domain_spec N content); first done. iIntros (γ d) "#I". wp_pures.
    wp_apply (new_reclaimer_spec with "I"). iIntros (t) "Ht". wp_apply (new_node_spec with "[$I $Ht]"). iIntros (o) "[_ Ho]".
    wp_alloc root as "Hroot".
    iMod (inv_alloc (nroot .@ "root") _ (∃ o, root ↦ #o ∗ alive γ o) with "[Hroot Ho]") as "#Iroot"; first (iNext; iExists o; iFrame).
    wp_pures. iInduction n as [|n] "IH"; wp_pures; first done. wp_apply wp_fork.
    - wp_lam. wp_pures. wp_apply (new_reclaimer_spec with "I"). iIntros (t') "Ht". wp_pures.
      wp_apply (work_spec with "[$I $Iroot $Ht]"). iIntros "Ht". wp_pures. by wp_apply (end_reclaimer_spec with "[$I $Ht]").
    - wp_pures. replace (S n - 1)%Z with (Z.of_nat n) by lia. iApply "IH".
  Qed.
End safe.

Theorem never_touches_the_dead (n : nat) (σ : heap_lang.state) : adequate NotStuck (workers #n) σ (λ _ _, True).
Proof.
  set (Σ := #[heapΣ; reclaimΣ]). apply (heap_adequacy Σ). iIntros (?) "_". iApply workers_spec.
Qed.
