(* SPDX-License-Identifier: BSL-1.0 *)
(** futex_lock: who returns from lock has what the lock protects, alone, until unlock.

    The program is sluice/detail/futex_lock.hpp. A wait returns at once, which it may, and a wake-up does nothing; so nothing
    is said of whether a sleeper wakes. How often a contended lock looks before it sleeps is left open. *)
From iris.algebra Require Import excl.
From iris.base_logic.lib Require Import invariants.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.

(** ** Program *)
Notation vacant := 0%Z. Notation held := 1%Z. Notation contended := 2%Z.

Definition new_lock : val := λ: <>, ref #vacant.
Definition try_once : val := λ: "w",
  if: nondet_bool #() then #false
  else Snd (CmpXchg "w" #vacant #held).                (*@ try_once compare_exchange_weak#1 acq_rel/relaxed *)
Definition park : val := rec: "park" "w" :=
  if: Xchg "w" #contended = #vacant then #()                         (*@ lock_contended exchange#1 acq_rel *)
  else "park" "w".
Definition lock_contended : val := rec: "look" "w" :=
  if: nondet_bool #() then park "w" else
  if: (!"w" = #vacant)                                               (*@ lock_contended load#1 relaxed *)
  then (if: try_once "w" then #() else "look" "w") else "look" "w".
Definition lock : val := λ: "w", if: try_once "w" then #() else lock_contended "w".
Definition unlock : val := λ: "w", Xchg "w" #vacant;; #().           (*@ unlock exchange#1 release *)

(*@ of primitives/sluice/detail/futex_lock.hpp
    path free: try_once compare_exchange_weak#1, unlock exchange#1
    path freed_meanwhile: try_once compare_exchange_weak#1, lock_contended load#1, try_once compare_exchange_weak#1
    path sleeps: try_once compare_exchange_weak#1, lock_contended exchange#1, lock_contended exchange#1 *)

Class lockG Σ := LockG { lock_token :> inG Σ (exclR unitO) }.
Definition lockΣ : gFunctors := #[GFunctor (exclR unitO)].
Global Instance subG_lockΣ {Σ} : subG lockΣ Σ → lockG Σ. Proof. solve_inG. Qed.

Section lock.
  Context `{!heapGS Σ, !lockG Σ} (N : namespace).

  (** by whoever holds the lock *)
  Definition locked (γ : gname) : iProp Σ := own γ (Excl ()).
  Definition lock_inv (γ : gname) (w : loc) (R : iProp Σ) : iProp Σ :=
    (w ↦ #vacant ∗ R ∗ locked γ) ∨ ∃ z : Z, ⌜z = held ∨ z = contended⌝ ∗ w ↦ #z.
  Definition is_lock (γ : gname) (w : loc) (R : iProp Σ) : iProp Σ := inv N (lock_inv γ w R).

  Lemma locked_alone γ : locked γ -∗ locked γ -∗ False.
  Proof. iIntros "H H'". by iDestruct (own_valid_2 with "H H'") as %[]. Qed.

  Theorem new_lock_spec R : {{{ R }}} new_lock #() {{{ w γ, RET #w; is_lock γ w R }}}.
  Proof.
    iIntros (Φ) "HR HΦ". wp_lam. wp_alloc w as "Hw". iMod (own_alloc (Excl ())) as (γ) "Hγ"; first done.
    iMod (inv_alloc N _ (lock_inv γ w R) with "[Hw HR Hγ]") as "#I"; first (iNext; iLeft; by iFrame).
    by iApply ("HΦ" $! w γ).
  Qed.

  Lemma try_once_spec γ w R :
    {{{ is_lock γ w R }}} try_once #w {{{ b, RET #b; if b : bool then locked γ ∗ R else True }}}.
  Proof.
    iIntros (Φ) "#I HΦ". wp_lam. wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; first by iApply "HΦ".
    wp_bind (CmpXchg _ _ _). iInv N as "[(>Hw & HR & >Hγ)|>H]".
    - wp_cmpxchg_suc. iModIntro. iSplitL "Hw"; first (iNext; iRight; iExists held; by auto).
      wp_pures. iApply "HΦ". by iFrame.
    - iDestruct "H" as (z Hz) "Hw". wp_cmpxchg_fail; first (intros [=]; lia). iModIntro.
      iSplitL "Hw"; first (iNext; iRight; iExists z; by auto). wp_pures. by iApply "HΦ".
  Qed.

  Lemma park_spec γ w R : {{{ is_lock γ w R }}} park #w {{{ RET #(); locked γ ∗ R }}}.
  Proof.
    iIntros (Φ) "#I HΦ". iLöb as "IH". wp_rec. wp_bind (Xchg _ _). iInv N as "[(>Hw & HR & >Hγ)|>H]".
    - wp_xchg. iModIntro. iSplitL "Hw"; first (iNext; iRight; iExists contended; by auto).
      wp_pures. iApply "HΦ". by iFrame.
    - iDestruct "H" as (z Hz) "Hw". wp_xchg. iModIntro.
      iSplitL "Hw"; first (iNext; iRight; iExists contended; by auto). wp_pures.
      rewrite bool_decide_false; last (intros [=]; lia). wp_pures. by iApply "IH".
  Qed.

  Lemma lock_contended_spec γ w R : {{{ is_lock γ w R }}} lock_contended #w {{{ RET #(); locked γ ∗ R }}}.
  Proof.
    iIntros (Φ) "#I HΦ". iLöb as "IH". wp_rec. wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
    { by wp_apply (park_spec with "I"). }
    wp_bind (! _)%E.
    iAssert (WP !#w {{ v, ∃ z : Z, ⌜v = #z⌝ }})%I as "Hload".
    { iInv N as "[(>Hw & HR & >Hγ)|>H]".
      - wp_load. iModIntro. iSplitL; first (iNext; iLeft; by iFrame). by iExists _.
      - iDestruct "H" as (z Hz) "Hw". wp_load. iModIntro. iSplitL; first (iNext; iRight; iExists z; by auto). by iExists _. }
    iApply (wp_wand with "Hload"). iIntros (?) "H". iDestruct "H" as %[z ->]. wp_pures.
    case_bool_decide; wp_pures; last by iApply "IH".
    wp_apply (try_once_spec with "I"). iIntros ([]) "H"; wp_pures; [by iApply "HΦ"|by iApply "IH"].
  Qed.

  Theorem lock_spec γ w R : {{{ is_lock γ w R }}} lock #w {{{ RET #(); locked γ ∗ R }}}.
  Proof.
    iIntros (Φ) "#I HΦ". wp_lam. wp_apply (try_once_spec with "I"). iIntros ([]) "H"; wp_pures; first by iApply "HΦ".
    by wp_apply (lock_contended_spec with "I").
  Qed.

  Theorem unlock_spec γ w R : {{{ is_lock γ w R ∗ locked γ ∗ R }}} unlock #w {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "(#I & Hγ & HR) HΦ". wp_lam. wp_bind (Xchg _ _). iInv N as "[(_ & _ & >Hγ')|>H]".
    { by iDestruct (locked_alone with "Hγ Hγ'") as %[]. }
    iDestruct "H" as (z Hz) "Hw". wp_xchg. iModIntro. iSplitR "HΦ"; first (iNext; iLeft; by iFrame).
    wp_pures. by iApply "HΦ".
  Qed.
End lock.
